/**
 * Markdown (CommonMark and tables): the text of headings, paragraphs, list items and cells, as it is written. Code, HTML,
 * front matter and what links are defined as stay as they are. Only blocks are parsed: that is fast, and what stands
 * inside a paragraph is the model's to keep.
 */
import MarkdownIt from 'markdown-it'
import { linesOf, type Block } from './blocks.ts'
import { scanMarkdown, type Region } from './markdownPieces.ts'
import { hasWords, joinLines, type Part } from './parts.ts'
import { cutPieces } from './pieces.ts'
import { keepParagraph, restoreCell, restoreHeading } from './restoreMarkdown.ts'
import { partLimit, splitLong } from './sentences.ts'

const blockParser = new MarkdownIt({ html: true }).disable([
  'inline',
  'linkify',
  'replacements',
  'smartquotes',
  'text_join',
])
type Token = ReturnType<typeof blockParser.parse>[number]
const frontMatter = /^(---|\+\+\+)[ \t]*\r?\n(?:[^\n]*\n){0,500}?(?:\1|\.\.\.)[ \t]*(?:\r?\n|$)/

export async function* splitMarkdown(chunks: AsyncIterable<string>): AsyncGenerator<Part> {
  let region: Region | null = null
  let line = 1
  let isFirst = true
  for await (const piece of cutPieces(chunks, (text) => scanMarkdown(text, region).safeEnd)) {
    const scan = scanMarkdown(piece, region)
    const start = isFirst ? lengthOfHead(piece) : scan.regionEnd
    if (start > 0) yield { kind: 'kept', source: piece.slice(0, start) }
    yield* splitPiece(piece.slice(start), line + countLines(piece.slice(0, start)))
    line += countLines(piece)
    region = scan.region
    isFirst = false
  }
}

/** The mark of an encoding, and what stands between two lines of dashes at the beginning. */
function lengthOfHead(piece: string): number {
  const mark = piece.startsWith('\ufeff') ? 1 : 0
  return mark + (frontMatter.exec(piece.slice(mark))?.[0].length ?? 0)
}

function* splitPiece(piece: string, firstLine: number): Generator<Part> {
  let at = 0
  for (const { start, end, text, place, restore } of findInlines(piece, firstLine)) {
    if (!hasWords(text) || start < at) continue
    if (start > at) yield { kind: 'kept', source: piece.slice(at, start) }
    if (end - start <= partLimit * 2) yield { kind: 'segment', place, text, source: piece.slice(start, end), restore }
    else yield* splitInline(piece.slice(start, end), place)
    at = end
  }
  if (at < piece.length) yield { kind: 'kept', source: piece.slice(at) }
}

function* splitInline(source: string, place: string): Generator<Part> {
  for (const piece of splitLong(source)) {
    const text = piece.trim()
    const start = piece.indexOf(text)
    if (start > 0) yield { kind: 'kept', source: piece.slice(0, start) }
    if (hasWords(text)) yield { kind: 'segment', place, text, source: text, restore: keepParagraph([]) }
    else yield { kind: 'kept', source: text }
    if (start + text.length < piece.length) yield { kind: 'kept', source: piece.slice(start + text.length) }
  }
}

type Inline = Block & { text: string; place: string; restore(target: string): string }

/** What a paragraph holds, without the marks of its quote or list before each line. */
function* findInlines(piece: string, firstLine: number): Generator<Inline> {
  // A lone carriage return is a line's end for the parser alone.
  const text = piece.replaceAll(/\r(?!\n)/g, ' ')
  const lines = [...linesOf(text)]
  const tokens = blockParser.parse(text, {})
  let row = { line: 0, column: 0, from: 0 }
  for (const [index, token] of tokens.entries()) {
    if (token.type === 'tr_open') row = { line: token.map![0], column: 0, from: lines[token.map![0]]!.start }
    if (token.type !== 'inline') continue
    const before = tokens[index - 1]!.type
    if (before === 'th_open' || before === 'td_open') {
      const cell = findCell(text, token.content, { from: row.from, end: lines[row.line]!.end })
      row = { ...row, column: row.column + 1, from: cell?.end ?? row.from }
      const place = `line ${firstLine + row.line}, column ${row.column}`
      if (cell !== null) yield { ...cell, text: token.content, place, restore: restoreCell }
    } else {
      const found = findLines(text, token, lines)
      if (found !== null)
        yield {
          ...found.span,
          text: found.contents.join('\n'),
          place: `line ${firstLine + token.map![0]}`,
          restore: restoreIn(tokens[index - 1]!, found.prefixes),
        }
    }
  }
}

/** A heading under whose line another is drawn is a paragraph to the eye of the parser, until it comes to that line. */
function restoreIn({ type, markup }: Token, prefixes: readonly string[]): (target: string) => string {
  if (type !== 'heading_open') return keepParagraph(prefixes)
  if (markup.startsWith('#')) return restoreHeading
  const restore = keepParagraph(prefixes)
  return (target) => restore(joinLines(target))
}

function findCell(text: string, content: string, { from, end }: { from: number; end: number }): Block | null {
  const source = content.replaceAll('|', String.raw`\|`)
  const start = text.slice(0, end).indexOf(source, from)
  return start < 0 ? null : { start, end: start + source.length }
}

type Found = { span: Block; contents: string[]; prefixes: string[] }

/** The parser says in which lines; the content is the end of each of them. Null where it is not: then it is left alone. */
function findLines(text: string, token: Token, lines: readonly Block[]): Found | null {
  const found: Found = { span: { start: -1, end: 0 }, contents: [], prefixes: [] }
  const contents = token.content.split('\n')
  for (const [index, content] of contents.entries()) {
    const line = lines[token.map![0] + index]
    if (line === undefined) return null
    const source = text.slice(line.start, line.end)
    const inner = content.trim()
    const at = startOf(source, inner)
    if (at < 0) return null
    if (index === 0) found.span.start = line.start + at
    found.span.end = line.start + at + inner.length
    found.contents.push(index === contents.length - 1 ? inner : content.trimStart())
    found.prefixes.push(source.slice(0, at))
  }
  return found
}

function startOf(source: string, inner: string): number {
  const line = source.trimEnd()
  if (line.endsWith(inner)) return line.length - inner.length
  const unclosed = line.replace(/#+$/, '').trimEnd()
  return unclosed.endsWith(inner) ? unclosed.length - inner.length : -1
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}
