/** Documents to be translated, and what stands in them. */
import { Document, Footer, Header, HeadingLevel, Packer, Paragraph, Table, TableCell, TableRow, TextRun } from 'docx'

const cell = (text: string): TableCell => new TableCell({ children: [new Paragraph(text)] })

/** A Word document with a heading, bold words, a list, a table, a header and a footer; so many pages of paragraphs follow. */
export async function wordDocument({ pages = 0 } = {}): Promise<Buffer> {
  const body = Array.from({ length: pages }, (_, page) => [
    new Paragraph({ text: `Chapter ${page + 1}`, heading: HeadingLevel.HEADING_2, pageBreakBefore: true }),
    ...Array.from(
      { length: 6 },
      (__, at) =>
        new Paragraph({
          children: [
            new TextRun(`Page ${page + 1}, paragraph ${at + 1}: the keeper of the lighthouse writes that the `),
            new TextRun({ text: 'wind is turning', bold: true }),
            new TextRun(', and that nobody has come across the water for three days and three nights.'),
          ],
        }),
    ),
    new Table({ rows: [new TableRow({ children: [cell(`Day ${page + 1}`), cell('Fog over the harbour')] })] }),
  ]).flat()
  const document = new Document({
    sections: [
      {
        headers: { default: new Header({ children: [new Paragraph('The book of the lighthouse')] }) },
        footers: { default: new Footer({ children: [new Paragraph('Nobody reads the footer')] }) },
        children: [
          new Paragraph({ text: 'The letter', heading: HeadingLevel.HEADING_1 }),
          new Paragraph({
            children: [
              new TextRun('A lighthouse keeper finds a '),
              new TextRun({ text: 'letter', bold: true }),
              new TextRun(' addressed to the sea.'),
            ],
          }),
          new Paragraph({ text: 'He waits for the fog.', bullet: { level: 0 } }),
          new Table({
            rows: [
              new TableRow({ children: [cell('Night'), cell('Ships')] }),
              new TableRow({ children: [cell('1'), cell('12')] }),
            ],
          }),
          ...body,
        ],
      },
    ],
  })
  return Packer.toBuffer(document)
}

export const subtitles = `1
00:00:01,000 --> 00:00:03,500
守塔人收到一封信。

2
00:00:04,000 --> 00:00:06,000
<i>谁会给大海写信？</i>
他打开门。

3
00:00:07,250 --> 00:00:09,000
夜晚，小岛上有雾。
`
