import { strToU8, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { editHeaders, rename } from './testing/broken.ts'
import { bytesOf, port, refusal, segments, write } from './testing/reading.ts'
import { documentXml, names, paragraph, run, types, wordOf } from './testing/wordOf.ts'

const inspect = (name: string, content: Uint8Array | string): Promise<string> =>
  port.inspect({ name, content: typeof content === 'string' ? bytesOf(content) : content })
const refused = (name: string, content: Uint8Array | string): Promise<string> => refusal(inspect(name, content))
const good = wordOf(paragraph(run('Some text')))
const srt = '1\n00:00:01,000 --> 00:00:02,000\nHi\n'

describe('the kind of a file', () => {
  it('T1 is told by its content; the name only tells plain texts apart', async () => {
    expect(await inspect('a.bin', good)).toBe('docx')
    expect(await inspect('a.srt', srt)).toBe('srt')
    expect(await inspect('a.srt', 'no subtitles')).toBe('txt')
    expect(await inspect('a.txt', srt)).toBe('txt')
    expect(await inspect('A.MARKDOWN', '# x')).toBe('md')
    expect(await inspect('noname', 'text')).toBe('txt')
    expect(await inspect('a.txt', Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3))).toBe('txt')
    expect(await inspect('a.txt', Buffer.from('\ufeff字', 'utf16le'))).toBe('txt')
  })

  it('T1 what is no document is said to be what it is', async () => {
    const archive = zipSync({ 'a.txt': strToU8('a') })
    const excel = zipSync({
      '[Content_Types].xml': strToU8(
        '<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
      ),
    })
    const ole = Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, 0, 0)
    const cases: [Uint8Array | string, RegExp][] = [
      [archive, /a zip archive/],
      [excel, /Excel/],
      [ole, /save it as \.docx/],
      [Uint8Array.of(0x4d, 0x5a, 0, 3), /a program/],
      ['<!DOCTYPE html><p>a', /HTML/],
      ['only text', /plain text/],
      ['{\\rtf1', /RTF/],
      ['a\0b', /^file.typeUnknown/],
      ['a\u0007b', /^file.typeUnknown/],
      [Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x20, 0xe0, 0x20), /UTF-8/],
      [Buffer.from('\ufeffa\ud800b', 'utf16le'), /^file.typeUnknown/],
    ]
    for (const [content, words] of cases) {
      const said = await refused('a.docx', content)
      expect(said).toMatch(words)
      expect(said).toMatch(/^file\.typeUnknown "a\.docx"/)
    }
  })

  it('T1 an empty, an encrypted and a damaged file can not be read', async () => {
    const ole = Buffer.concat([
      Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1),
      Buffer.from('EncryptedPackage', 'utf16le'),
    ])
    expect(await refused('a.txt', '')).toMatch(/^file.unreadable "a.txt" can't be read: it is empty/)
    expect(await refused('a.docx', ole)).toMatch(/^file.unreadable.*encrypted/)
    const encrypted = editHeaders(good, 'central', (header) => header.setUint16(8, 1, true))
    expect(await refused('a.docx', encrypted)).toMatch(/^file.unreadable.*encrypted/)
    expect(await refused('a.docx', wordOf('<w:p>'))).toMatch(/^file.unreadable.*well-formed/)
  })
})

describe('archives of strangers', () => {
  /** Why it is refused, by whoever is asked. */
  const said = async (content: Uint8Array): Promise<string> => {
    const [inspected, read] = [await refused('a.docx', content), await refusal(segments('docx', content))]
    return read.startsWith('file.unreadable') ? inspected : `read: ${read}`
  }

  it('T12 a part that is far larger than it is stored, or all of them together', { timeout: 30_000 }, async () => {
    const bomb = wordOf(paragraph(run('a')), { 'word/media/a.bin': new Uint8Array(60 * 1_024 * 1_024) })
    expect(await refused('a.docx', bomb)).toMatch(/packed to less/)
    const many = wordOf(paragraph(run('a')), {
      a: new Uint8Array(60 * 1_024 * 1_024),
      b: new Uint8Array(60 * 1_024 * 1_024),
    })
    expect(await said(many)).toMatch(/more than 100 MB/)
    const inText = wordOf(paragraph(run('a'.repeat(40 * 1_024 * 1_024))))
    expect(await said(inText)).toMatch(/packed to less|larger than a book/)
  })

  it('T12 a part that is larger or smaller than it says, where either header lies', async () => {
    const text = wordOf(paragraph(run('a'.repeat(100_000))))
    expect(await said(editHeaders(text, 'central', (header) => header.setUint32(24, 10, true)))).toMatch(
      /^file.unreadable/,
    )
    const both = editHeaders(
      editHeaders(text, 'central', (header) => header.setUint32(24, 10, true)),
      'local',
      (header) => header.setUint32(22, 10, true),
    )
    expect(await said(both)).toMatch(/larger than it says/)
    expect(await said(editHeaders(text, 'local', (header) => header.setUint32(22, 10, true)))).toMatch(/does not agree/)
    expect(await said(editHeaders(text, 'local', (header) => header.setUint16(8, 0, true)))).toMatch(/does not agree/)
    expect(await said(editHeaders(text, 'central', (header) => header.setUint32(20, 1 << 29, true)))).toMatch(
      /^file.unreadable/,
    )
    expect(await said(editHeaders(text, 'central', (header) => header.setUint32(16, 1, true)))).toMatch(
      /does not agree/,
    )
  })

  it('T12 too many parts, two of one name, parts over one another, paths that lead out', async () => {
    const entries = Object.fromEntries(Array.from({ length: 5_001 }, (_, index) => [`a${index}`, new Uint8Array()]))
    expect(await said(wordOf(paragraph(run('a')), entries))).toMatch(/more than 5000 parts/)
    const two = wordOf(paragraph(run('a')), { 'word/a.xml': strToU8('x'), 'word/b.xml': strToU8('x') })
    expect(await said(rename(two, 'word/b.xml', 'word/A.xml'))).toMatch(/same name/)
    expect(await said(rename(two, 'word/b.xml', '../../.xml'))).toMatch(/damaged/)
    expect(await said(rename(two, 'word/b.xml', '/ord/b.xml'))).toMatch(/damaged/)
    const stored = wordOf(paragraph(run('a')), { 'a.bin': [strToU8('x'), { level: 0 }], 'b.bin': strToU8('x') })
    const grow = (header: DataView, at: number): void => header.setUint32(at, header.getUint32(at, true) + 4, true)
    let over = stored
    for (const at of [18, 22]) over = editHeaders(over, 'local', (header) => grow(header, at))
    for (const at of [20, 24]) over = editHeaders(over, 'central', (header) => grow(header, at))
    expect(await said(over)).toMatch(/over one another/)
  })

  it('T12 an archive within an archive is not opened', async () => {
    const inner = wordOf(paragraph(run('inner')))
    const outer = wordOf(paragraph(run('outer')), { 'word/embeddings/a.docx': inner })
    expect(await inspect('a.docx', outer)).toBe('docx')
    expect((await segments('docx', outer)).map(({ text }) => text)).toEqual(['outer'])
  })

  it('T13 a document type is refused in every part, and nothing of it is resolved', async () => {
    const doctypes = [
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
      '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
      '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd">',
    ]
    for (const doctype of doctypes) {
      const xml = documentXml(paragraph(run('&x;'))).replace('<w:document', `${doctype}<w:document`)
      expect(await said(wordOf('', { 'word/document.xml': strToU8(xml) }))).toMatch(/document type/)
      const list = types(['word/document.xml', 'document.main']).replace('<Types', `${doctype}<Types`)
      expect(await said(wordOf('', { '[Content_Types].xml': strToU8(list) }))).toMatch(/document type/)
      const header = `${doctype}<w:hdr ${names}/>`
      const parts = types(['word/document.xml', 'document.main'], ['word/h.xml', 'header'])
      expect(await said(wordOf('', { '[Content_Types].xml': strToU8(parts), 'word/h.xml': strToU8(header) }))).toMatch(
        /document type/,
      )
    }
    expect(await said(wordOf(paragraph(run('&x;'))))).toMatch(/well-formed/)
  })

  it('T13 what is nested too deep, one endless tag and one endless paragraph are refused', async () => {
    expect(await said(wordOf('<w:a>'.repeat(5_000) + '</w:a>'.repeat(5_000)))).toMatch(/nested too deep/)
    expect(await said(wordOf(paragraph('<w:a>'.repeat(5_000) + '</w:a>'.repeat(5_000))))).toMatch(/nested too deep/)
    expect(await said(wordOf(`<w:p a="${'x'.repeat(3_000_000)}"/>`))).toMatch(/larger than a book/)
    expect(await said(wordOf(paragraph('<w:r/>'.repeat(200_000))))).toMatch(/larger than a book/)
    expect(await said(wordOf(`<!--${'x'.repeat(3_000_000)}-->`))).toMatch(/larger than a book/)
  })

  it(
    'T14 a file cut or changed anywhere is refused or read, and never fails in another way',
    { timeout: 60_000 },
    async () => {
      const whole = wordOf(paragraph(run('Some text of it')), { 'word/media/a.png': strToU8('x'.repeat(300)) })
      for (let length = 1; length < whole.length; length += 7) {
        const refusedFor = await refused('a.docx', whole.subarray(0, length))
        expect(refusedFor, `${length} bytes`).toMatch(/^file\./)
        await refusal(segments('docx', whole.subarray(0, length)))
      }
      for (let at = 0; at < whole.length; at += 1) {
        const changed = Uint8Array.from(whole)
        changed[at] = changed[at]! ^ 0xff
        await refused('a.docx', changed)
        await refusal(segments('docx', changed))
        await refusal(write('docx', changed))
      }
    },
  )

  it('T14 an abort ends the reading with its reason', async () => {
    for (const [format, content] of [
      ['docx', good],
      ['txt', bytesOf('a\n'.repeat(100_000))],
    ] as const) {
      const stop = new AbortController()
      stop.abort(new Error('stopped'))
      await expect(Array.fromAsync(port.readSegments({ format, content }, stop.signal))).rejects.toThrow('stopped')
    }
  })
})
