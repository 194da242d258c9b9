/** Markdown as a Word document: what prose and tables need, laid out plainly. */
import {
  AlignmentType,
  BorderStyle,
  Document,
  ExternalHyperlink,
  HeadingLevel,
  LevelFormat,
  Packer,
  Paragraph,
  Table,
  TableCell,
  TableRow,
  TextRun,
  WidthType,
  type IParagraphOptions,
  type IRunOptions,
} from 'docx'
import MarkdownIt from 'markdown-it'
import cjkFriendly from 'markdown-it-cjk-friendly'

type Token = ReturnType<InstanceType<typeof MarkdownIt>['parse']>[number]
type Block = Paragraph | Table
type Inline = TextRun | ExternalHyperlink

const markdown = new MarkdownIt({ html: false, linkify: false }).use(cjkFriendly)
const monospace = { ascii: 'Consolas', hAnsi: 'Consolas', eastAsia: 'Microsoft YaHei' }
const headings = [
  HeadingLevel.HEADING_1,
  HeadingLevel.HEADING_2,
  HeadingLevel.HEADING_3,
  HeadingLevel.HEADING_4,
  HeadingLevel.HEADING_5,
  HeadingLevel.HEADING_6,
]
/** In twentieths of a point. */
const indentOfLevel = 400
const deepestList = 8

export async function toWord(text: string, { title }: { title: string }): Promise<Uint8Array> {
  const numbered = Array.from({ length: deepestList + 1 }, (_, level) => ({
    level,
    format: LevelFormat.DECIMAL,
    text: `%${level + 1}.`,
    alignment: AlignmentType.START,
    style: { paragraph: { indent: { left: indentOfLevel * (level + 1), hanging: indentOfLevel } } },
  }))
  const document = new Document({
    title: toXmlText(title),
    creator: 'Stagewright',
    styles: {
      default: {
        document: {
          run: { font: { ascii: 'Calibri', hAnsi: 'Calibri', eastAsia: 'Microsoft YaHei' }, size: 22 },
          paragraph: { spacing: { after: 160, line: 320 } },
        },
      },
    },
    numbering: { config: [{ reference: 'numbered', levels: numbered }] },
    sections: [{ children: readBlocks(markdown.parse(toXmlText(text), {})) }],
  })
  return new Uint8Array(await Packer.toBuffer(document))
}

/** What XML can't hold; `docx` leaves out control characters, but not these two. */
function toXmlText(text: string): string {
  return text.replaceAll(/[\uFFFE\uFFFF]/g, '')
}

/** Where a paragraph stands: in which lists, and how deep in quotations. */
type Place = { lists: { isNumbered: boolean; instance: number }[]; quotes: number; isItemStart: boolean }

function readBlocks(tokens: readonly Token[]): Block[] {
  const blocks: Block[] = []
  const place: Place = { lists: [], quotes: 0, isItemStart: false }
  let lists = 0
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!
    switch (token.type) {
      case 'heading_open':
        blocks.push(new Paragraph({ heading: headings[Number(token.tag[1]) - 1]!, children: inlineOf(tokens[++at]) }))
        break
      case 'paragraph_open':
        blocks.push(new Paragraph({ ...layOut(place), children: inlineOf(tokens[++at]) }))
        place.isItemStart = false
        break
      case 'bullet_list_open':
      case 'ordered_list_open':
        place.lists.push({ isNumbered: token.type === 'ordered_list_open', instance: ++lists })
        break
      case 'bullet_list_close':
      case 'ordered_list_close':
        place.lists.pop()
        break
      case 'list_item_open':
        place.isItemStart = true
        break
      case 'blockquote_open':
        place.quotes++
        break
      case 'blockquote_close':
        place.quotes--
        break
      case 'fence':
      case 'code_block':
        blocks.push(new Paragraph({ ...layOut(place), children: codeLines(token.content) }))
        break
      case 'hr':
        blocks.push(new Paragraph({ thematicBreak: true }))
        break
      case 'table_open': {
        const end = tokens.findIndex(({ type }, index) => index > at && type === 'table_close')
        blocks.push(readTable(tokens.slice(at, end)))
        // Word joins tables that touch.
        blocks.push(new Paragraph({}))
        at = end
        break
      }
    }
  }
  return blocks
}

function layOut({ lists, quotes, isItemStart }: Place): IParagraphOptions {
  const list = lists.at(-1)
  const level = Math.min(lists.length - 1, deepestList)
  if (list !== undefined && isItemStart)
    return list.isNumbered
      ? { numbering: { reference: 'numbered', level, instance: list.instance } }
      : { bullet: { level } }
  const left = indentOfLevel * (lists.length + quotes)
  return left === 0 ? {} : { indent: { left } }
}

function codeLines(content: string): TextRun[] {
  return content
    .replace(/\n$/, '')
    .split('\n')
    .map((line, index) => new TextRun({ text: line, font: monospace, size: 20, ...(index > 0 ? { break: 1 } : {}) }))
}

function readTable(tokens: readonly Token[]): Table {
  const rows: TableCell[][] = []
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'tr_open') rows.push([])
    if (token.type === 'th_open' || token.type === 'td_open') rows.at(-1)!.push(readCell(token, tokens[index + 1]))
  }
  const edge = { style: BorderStyle.SINGLE, size: 4, color: 'C9C5BF' }
  return new Table({
    width: { size: 100, type: WidthType.PERCENTAGE },
    borders: { top: edge, bottom: edge, left: edge, right: edge, insideHorizontal: edge, insideVertical: edge },
    rows: rows.map((children, index) => new TableRow({ children, tableHeader: index === 0, cantSplit: true })),
  })
}

function readCell(opening: Token, content: Token | undefined): TableCell {
  const isHead = opening.type === 'th_open'
  return new TableCell({
    margins: { top: 60, bottom: 60, left: 100, right: 100 },
    ...(isHead ? { shading: { fill: 'F3F1ED' } } : {}),
    children: [new Paragraph({ spacing: { after: 0 }, children: inlineOf(content, isHead ? { bold: true } : {}) })],
  })
}

function inlineOf(token: Token | undefined, base: IRunOptions = {}): Inline[] {
  const found: Inline[] = []
  let target: { link: string; runs: TextRun[] } | null = null
  const styles: IRunOptions[] = [base]
  const add = (text: string, more: IRunOptions = {}): void => {
    const run = new TextRun({ ...styles.at(-1), ...(target === null ? {} : { style: 'Hyperlink' }), ...more, text })
    if (target === null) found.push(run)
    else target.runs.push(run)
  }
  for (const child of token?.children ?? []) {
    if (child.type === 'text') add(child.content)
    // A picture is only named: nothing is fetched from anywhere.
    else if (child.type === 'image') add(`[${child.content}]`)
    else if (child.type === 'code_inline') add(child.content, { font: monospace })
    else if (child.type === 'softbreak') add(' ')
    else if (child.type === 'hardbreak') add('', { break: 1 })
    else if (child.type === 'link_open') target = { link: String(child.attrGet('href') ?? ''), runs: [] }
    else if (child.type === 'link_close' && target !== null) {
      found.push(new ExternalHyperlink({ link: target.link, children: target.runs }))
      target = null
    } else if (child.nesting === 1) styles.push({ ...styles.at(-1), ...styleOf(child.type) })
    else if (child.nesting === -1) styles.pop()
  }
  return found
}

function styleOf(type: string): IRunOptions {
  if (type === 'strong_open') return { bold: true }
  if (type === 'em_open') return { italics: true }
  return type === 's_open' ? { strike: true } : {}
}
