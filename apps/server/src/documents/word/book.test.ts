import {
  Document,
  ExternalHyperlink,
  Footer,
  FootnoteReferenceRun,
  Header,
  HeadingLevel,
  Packer,
  PageNumber,
  Paragraph,
  Table,
  TableCell,
  TableRow,
  TextRun,
} from 'docx'
import mammoth from 'mammoth'
import { beforeAll, expect, it } from 'vitest'
import { port, segments, write } from '../testing/reading.ts'
import { entriesOf, partOf } from '../testing/wordOf.ts'

const chapters = 200
const chapter = (number: number): (Paragraph | Table)[] => [
  new Paragraph({ heading: HeadingLevel.HEADING_1, children: [new TextRun(`Chapter ${number}`)] }),
  new Paragraph({
    children: [
      new TextRun('Plain words and '),
      new TextRun({ text: 'bold', bold: true }),
      new TextRun(' ones with a note'),
      new FootnoteReferenceRun(1),
      new TextRun(' and '),
      new ExternalHyperlink({ link: 'https://example.com/', children: [new TextRun('a link')] }),
      new TextRun('.'),
    ],
  }),
  new Paragraph({ bullet: { level: 0 }, children: [new TextRun('An item')] }),
  new Table({
    rows: [
      new TableRow({ children: ['left', 'right'].map((text) => new TableCell({ children: [new Paragraph(text)] })) }),
    ],
  }),
  ...Array.from(
    { length: 10 },
    () => new Paragraph('A sentence that goes on for a while in its paragraph. '.repeat(6)),
  ),
]

let book: Uint8Array
beforeAll(async () => {
  const pages = new TextRun({ children: ['Page ', PageNumber.CURRENT] })
  const document = new Document({
    footnotes: { 1: { children: [new Paragraph('The note.')] } },
    sections: [
      {
        headers: { default: new Header({ children: [new Paragraph('The header')] }) },
        footers: { default: new Footer({ children: [new Paragraph({ children: [pages] })] }) },
        children: Array.from({ length: chapters }, (_, index) => chapter(index + 1)).flat(),
      },
    ],
  })
  book = new Uint8Array(await Packer.toBuffer(document))
})

it('T9 a book of 200 pages keeps its headings, lists, tables, links and notes', { timeout: 60_000 }, async () => {
  expect(await port.inspect({ name: 'a.docx', content: book })).toBe('docx')
  const found = await segments('docx', book)
  expect(found.slice(-3).map(({ place, text }) => `${place}: ${text}`)).toEqual([
    'header: The header',
    'footer: Page',
    'footnote 1: The note.',
  ])
  const html = async (content: Uint8Array): Promise<string> =>
    (await mammoth.convertToHtml({ buffer: Buffer.from(content) })).value
  const written = await write('docx', book, ({ text }) =>
    text.replaceAll(/(?<![<&])\b[a-z]+\b/gi, (word) => word.toUpperCase()),
  )
  const [before, after] = [await html(book), await html(written)]
  expect(after).not.toBe(before)
  expect(after.toLowerCase()).toBe(before.toLowerCase())
  expect(after).toContain('<h1>CHAPTER 200</h1>')
  expect(after).toMatch(/PLAIN WORDS AND <strong>BOLD<\/strong> ONES WITH A NOTE<sup>/)
  const [first, second] = [entriesOf(book), entriesOf(written)]
  expect(Object.keys(second)).toEqual(Object.keys(first))
  const changed = Object.keys(first).filter((name) => first[name] !== second[name])
  expect(changed.toSorted()).toEqual([
    'word/document.xml',
    'word/footer1.xml',
    'word/footnotes.xml',
    'word/header1.xml',
  ])
  expect(partOf(written, 'word/footer1.xml')).toContain('PAGE')
})

it('T15 a book is read as a stream: its first segment comes before its last part is unpacked', async () => {
  const reading = port.readSegments({ format: 'docx', content: book }, AbortSignal.timeout(60_000))
  const before = performance.now()
  for await (const { number } of reading) if (number === 1) break
  const first = performance.now() - before
  await segments('docx', book)
  expect(first).toBeLessThan((performance.now() - before) / 2)
})
