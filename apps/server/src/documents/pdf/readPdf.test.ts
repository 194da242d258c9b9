import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { drawLines, pdfOf } from '../testing/pdfOf.ts'
import { port, refusal, segments, signal, write } from '../testing/reading.ts'

const page = drawLines([
  ['A heading', 0, 20],
  ['The first line of a paragraph that is as wide as the page is, and it goes on', 40],
  ['in the second line, which ends with a hyphen-', 14],
  ['ated word.', 14],
  ['Another paragraph.', 40],
  ['42', 200],
])
const content = pdfOf([page, drawLines([['On the second page.', 0]])])
const inspected = (bytes: Uint8Array): Promise<string> => refusal(port.inspect({ name: 'a.pdf', content: bytes }))

describe('PDFs', () => {
  it('T16 the text of each page is read in paragraphs, and written as plain text', async () => {
    expect(await port.inspect({ name: 'a.pdf', content })).toBe('pdf')
    expect((await segments('pdf', content)).map(({ place, text }) => [place, text])).toEqual([
      ['page 1', 'A heading'],
      [
        'page 1',
        'The first line of a paragraph that is as wide as the page is, and it goes on in the second line, which ends with a hyphenated word.',
      ],
      ['page 1', 'Another paragraph.'],
      ['page 2', 'On the second page.'],
    ])
    const written = await write('pdf', content, ({ number }) => `Absatz\n${number}`)
    expect(written.toString()).toBe('Absatz 1\n\nAbsatz 2\n\nAbsatz 3\n\n42\n\nAbsatz 4\n\n')
  })

  it('T16 one without text, an encrypted and a damaged one are refused with the reason', async () => {
    expect(await inspected(pdfOf(['0 0 100 100 re f']))).toMatch(/^file.unreadable "a.pdf".*only pictures of it/)
    const key =
      '/Encrypt<</Filter/Standard/V 1/R 2/O(' + 'o'.repeat(32) + ')/U(' + 'u'.repeat(32) + ')/P -4>>/ID[(a)(a)]'
    expect(await inspected(pdfOf([page], { trailer: key }))).toMatch(/^file.unreadable "a.pdf".*encrypted/)
    for (const bytes of [new TextEncoder().encode('%PDF-1.4\nnothing'), content.subarray(0, 300)])
      expect(await inspected(bytes)).toMatch(/^file.unreadable/)
  })

  it('T14 a PDF that is cut or changed is refused or read', { timeout: 60_000 }, async () => {
    for (let at = 9; at < content.length; at += 97) {
      expect(await inspected(content.subarray(0, at))).toMatch(/^file.unreadable|nothing refused/)
      const changed = Uint8Array.from(content)
      changed[at] = changed[at]! ^ 0x15
      expect(await inspected(changed)).toMatch(/^file.unreadable|nothing refused/)
    }
  })

  it('T16 a PDF that unpacks to a gigabyte ends its thread, and nothing else', { timeout: 60_000 }, async () => {
    const gigabyte = 1_024 * 1_024 * 1_024
    const packed = deflateSync(Buffer.alloc(gigabyte, ' '), { level: 1 })
    expect(await inspected(pdfOf([packed]))).toMatch(/^file.unreadable.*read: it takes more memory/)
    expect(process.memoryUsage().arrayBuffers).toBeLessThan(gigabyte * 2)
  })

  it('T16 a reader may take its time between the pages', async () => {
    let count = 0
    for await (const { number } of port.readSegments({ format: 'pdf', content }, signal)) {
      await port.inspect({ name: 'a.pdf', content })
      count = number
    }
    expect(count).toBe(4)
  })

  it('T14 an abort ends the thread', async () => {
    const stop = new AbortController()
    const reading = port.readSegments({ format: 'pdf', content }, stop.signal)[Symbol.asyncIterator]()
    await reading.next()
    stop.abort(new Error('stopped'))
    await expect(Array.fromAsync({ [Symbol.asyncIterator]: () => reading })).rejects.toThrow('stopped')
  })
})
