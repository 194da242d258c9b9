import fc from 'fast-check'
import { strToU8 } from 'fflate'
import { describe, expect, it } from 'vitest'
import { segments, texts, write } from '../testing/reading.ts'
import {
  bodyOf,
  documentXml,
  entriesOf,
  footnote,
  instruction,
  mark,
  names,
  paragraph,
  partOf,
  run,
  shownText,
  types,
  wordOf,
} from '../testing/wordOf.ts'
import { readXml } from './xmlReader.ts'

const bold = '<w:b/>'
const link = (text: string): string => `<w:hyperlink r:id="rId1">${run(text)}</w:hyperlink>`
const rich = paragraph(
  '<w:pPr><w:pStyle w:val="Quote"/></w:pPr><w:bookmarkStart w:id="1" w:name="a"/>',
  run('Please see '),
  run('the bold', bold),
  run(' word', `${bold}<w:lang w:val="en"/>`),
  run(' and'),
  footnote,
  run(' the '),
  link('link'),
  '<w:bookmarkEnd w:id="1"/>',
  run('.'),
)

const wellFormed = async (xml: string): Promise<void> => {
  async function* once(): AsyncGenerator<Uint8Array> {
    yield strToU8(xml)
  }
  await Array.fromAsync(readXml(once()))
}

describe('Word documents', () => {
  it('T8 a paragraph is one segment, its looks and things are tags, and runs of one look are one', async () => {
    expect(await texts('docx', wordOf(rich))).toEqual(['Please see <1>the bold word</1> and<2/> the <3>link</3>.'])
    expect(await texts('docx', wordOf(paragraph(run('One '), run('look', '<w:noProof/>'), footnote)))).toEqual([
      'One look',
    ])
    expect(await texts('docx', wordOf(paragraph(link('all of it'))))).toEqual(['all of it'])
    expect(await texts('docx', wordOf(paragraph(run('12')) + paragraph()))).toEqual([])
  })

  it('T8 places are said for people: paragraphs, cells, and the other parts after the document', async () => {
    const cell = (text: string): string => `<w:tc>${paragraph(run(text))}</w:tc>`
    const table = `<w:tbl><w:tr>${cell('a')}${cell('b')}</w:tr><w:tr>${cell('c')}</w:tr></w:tbl>`
    const part = (root: string, body: string): Uint8Array => strToU8(`<w:${root} ${names}>${body}</w:${root}>`)
    const content = wordOf(`${paragraph(run('first'))}${paragraph()}${table}${paragraph(run('second'))}`, {
      '[Content_Types].xml': strToU8(
        types(
          ['word/footnotes.xml', 'footnotes'],
          ['word/header1.xml', 'header'],
          ['word/document.xml', 'document.main'],
        ),
      ),
      'word/footnotes.xml': part('footnotes', `<w:footnote w:id="4">${paragraph(run('note'))}</w:footnote>`),
      'word/header1.xml': part('hdr', paragraph(run('top'))),
    })
    expect((await segments('docx', content)).map(({ place, text }) => `${place}: ${text}`)).toEqual([
      'paragraph 1: first',
      'table 1, row 1, column 1: a',
      'table 1, row 1, column 2: b',
      'table 1, row 2, column 1: c',
      'paragraph 2: second',
      'header: top',
      'footnote 4: note',
    ])
    const written = await write('docx', content, ({ number }) => `T${number}`)
    expect(partOf(written, 'word/footnotes.xml')).toContain('T7')
    expect(partOf(written, 'word/header1.xml')).toContain('T6')
  })

  it('T9 without targets every part stays as it was, and with them all but the runs', async () => {
    const body = `${rich}\r\n<!-- kept --><w:p/>${paragraph(run('Two &amp; &#65;'))}<w:tbl><w:tblPr/><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>`
    const content = wordOf(body, { 'word/media/a.png': Uint8Array.of(1, 2, 3), 'customXml/item1.xml': strToU8('<a/>') })
    expect(entriesOf(await write('docx', content))).toEqual(entriesOf(content))
    const written = await write('docx', content, new Map([[2, 'Zwei < & \ud800\u0001']]))
    expect(bodyOf(written)).toBe(body.replace('Two &amp; &#65;', 'Zwei &lt; &amp; \ufffd'))
    expect(await write('docx', content, new Map([[2, 'x']]))).toEqual(await write('docx', content, new Map([[2, 'x']])))
  })

  it('T9 tagged words and things stand in the order of the translation, with the look of the source', async () => {
    const written = await write('docx', wordOf(rich), () => 'Im <3>Verweis</3><2/> siehe <1>Fettes</1>')
    expect(bodyOf(written)).toBe(
      paragraph(
        '<w:pPr><w:pStyle w:val="Quote"/></w:pPr><w:bookmarkStart w:id="1" w:name="a"/>',
        run('Im '),
        link('Verweis'),
        '<w:bookmarkEnd w:id="1"/>',
        footnote,
        run(' siehe '),
        run('Fettes', bold),
      ),
    )
  })

  it('T10 a "<" of the text is told from a tag, and comes back as it was', async () => {
    for (const text of ['<1>', 'a <2/> b', '&lt;1>', '&amp;lt;', 'x < 3', '</1> & <b>']) {
      const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
      const content = wordOf(paragraph(run(`T ${escaped} `), run('bold', bold)))
      expect(shownText(await write('docx', content, (segment) => segment.text))).toBe(`T ${text} bold`)
    }
  })

  it('T10 whatever a model makes of the tags, no text, link or picture is lost and the XML stays whole', async () => {
    const piece = fc.constantFrom(
      '<1>',
      '</1>',
      '<2/>',
      '<3>',
      '</3>',
      '<2>',
      '</2>',
      '<1/>',
      '<9>',
      '</9>',
      'word',
      ' ',
      '<',
      '&',
      '\n',
      '&lt;',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const target = `w${pieces.join('')}`
        const written = await write('docx', wordOf(rich), () => target)
        await wellFormed(partOf(written, 'word/document.xml'))
        const body = bodyOf(written)
        expect(body.match(/<w:footnoteReference/g)).toHaveLength(1)
        expect(body.match(/<w:bookmark(?:Start|End)/g)).toEqual(['<w:bookmarkStart', '<w:bookmarkEnd'])
        expect(body.match(/<w:hyperlink/g)?.length ?? 0).toBeLessThanOrEqual(1)
        expect(shownText(written).match(/word/g)?.length).toBe(target.match(/word/g)?.length)
      }),
      { numRuns: 500 },
    )
  })

  it('T11 instructions of fields, deleted text and page numbers are no text', async () => {
    const field = (code: string, result: string): string =>
      `${mark('begin')}${instruction(code)}${mark('separate')}${run(result)}${mark('end')}`
    const content = wordOf(
      paragraph(
        run('On page '),
        field(' PAGE ', '4'),
        run(' see '),
        field(' HYPERLINK "http://a.b" ', 'the site'),
        run('!'),
      ) +
        paragraph(run('New'), `<w:del w:id="5" w:author="x"><w:r><w:delText>Old</w:delText></w:r></w:del>`, run('er')) +
        paragraph('<w:fldSimple w:instr=" DATE ">', run('May'), '</w:fldSimple>', run(' is it')),
    )
    expect(await texts('docx', content)).toEqual(['On page <1/> see <2>the site</2>!', 'Newer', 'is it'])
    const written = await write(
      'docx',
      content,
      new Map([
        [1, '<2>Seite</2>, <1/>'],
        [2, 'Neuer'],
      ]),
    )
    expect(bodyOf(written)).toContain(
      paragraph(field(' HYPERLINK "http://a.b" ', 'Seite'), run(', '), field(' PAGE ', '4')),
    )
    expect(bodyOf(written)).toContain('<w:delText>Old</w:delText>')
  })

  it('T11 half a field keeps the order of what stands around it', async () => {
    const content = wordOf(paragraph(run('One '), run('two', bold), mark('end'), run(' three'), footnote, run(' four')))
    expect(await texts('docx', content)).toEqual(['One <1>two</1><2> three</2><3/><4> four</4>'])
    const written = await write('docx', content, () => '<4>vier</4> <1>zwei</1><3/><2>drei</2> eins')
    const body = bodyOf(written)
    const order = ['zwei', 'fldCharType="end"', 'drei', 'footnoteReference', 'vier'].map((what) => body.indexOf(what))
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(order[0]).toBeGreaterThan(0)
  })

  it('T11 what a text box holds is left alone, in both of its forms', async () => {
    const box = `<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="wps"><w:txbxContent>${paragraph(run('In a box'))}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>${paragraph(run('In a box'))}</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>`
    const content = wordOf(paragraph(run('Before '), box, run(' after')))
    expect(await texts('docx', content)).toEqual(['Before <1/> after'])
    expect(bodyOf(await write('docx', content, () => 'Nach <1/> vor'))).toBe(paragraph(run('Nach '), box, run(' vor')))
  })

  it('T8 the prefix of its names is free, and space counts as it is shown', async () => {
    const xml = documentXml(`<w:p><w:r><w:t>  a\n word </w:t></w:r></w:p>`)
      .replaceAll(/\bw:/g, 'n:')
      .replace('xmlns:w', 'xmlns:n')
    const content = wordOf('', { 'word/document.xml': strToU8(xml) })
    expect(await texts('docx', content)).toEqual(['a  word'])
    expect(partOf(await write('docx', content, () => 'b\nc'), 'word/document.xml')).toContain(
      '<n:p><n:r><n:t xml:space="preserve">b</n:t><n:br/><n:t xml:space="preserve">c</n:t></n:r></n:p>',
    )
  })
})
