/**
 * Plain text: a paragraph is a block between blank lines where lines are wrapped, and a line where they are not. Decided
 * once for the whole file (`chooseLayout`); everything between the paragraphs stays as it is.
 */
import { blocksOf, endOfLastBlock, linesOf, trimmedLines } from './blocks.ts'
import { decodeText } from './encoding.ts'
import { hasWords, joinLines, type Part } from './parts.ts'
import { cutPieces } from './pieces.ts'
import { splitLong } from './sentences.ts'

export type Layout = 'blocks' | 'lines'

/** No program wraps text wider than this; a Chinese character counts as two. */
const widestWrap = 120
/** From this share of wider lines on, the lines are paragraphs; a few are addresses or tables. */
const widerShare = 0.1

export async function* readPlainText(content: Uint8Array, signal: AbortSignal): AsyncGenerator<Part> {
  const layout = await chooseLayout(decodeText(content, signal))
  yield* splitPlainText(decodeText(content, signal), layout)
}

export async function* splitPlainText(chunks: AsyncIterable<string>, layout: Layout): AsyncGenerator<Part> {
  let line = 1
  for await (const piece of cutPieces(chunks, layout === 'lines' ? endOfLastLine : endOfLastBlock)) {
    let at = 0
    for (const { start, end } of layout === 'lines' ? linesOf(piece) : blocksOf(piece)) {
      const block = piece.slice(start, end)
      if (!hasWords(block)) continue
      const between = piece.slice(at, start)
      line += countLines(between)
      if (between !== '') yield { kind: 'kept', source: between }
      yield* splitParagraph(block, `line ${line}`)
      line += countLines(block)
      at = end
    }
    if (at < piece.length) yield { kind: 'kept', source: piece.slice(at) }
    line += countLines(piece.slice(at))
  }
}

/** Wrapped, with blank lines between: blocks. Everything else: lines. */
export async function chooseLayout(chunks: AsyncIterable<string>): Promise<Layout> {
  const seen = { lines: 0, wider: 0, width: 0, isBlank: true, blanks: 0, blanksBetween: 0 }
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += 1) countCharacter(seen, chunk.charCodeAt(at))
  countCharacter(seen, lineFeed)
  return seen.blanksBetween === 0 || seen.wider / seen.lines >= widerShare ? 'lines' : 'blocks'
}

const lineFeed = 10
type Seen = { lines: number; wider: number; width: number; isBlank: boolean; blanks: number; blanksBetween: number }

function countCharacter(seen: Seen, code: number): void {
  if (code !== lineFeed) {
    if (code > 32 && code !== 0xfeff) seen.isBlank = false
    seen.width += code >= 0x2e80 ? 2 : 1
    return
  }
  if (seen.isBlank) seen.blanks += 1
  else {
    if (seen.lines > 0) seen.blanksBetween += seen.blanks
    seen.blanks = 0
    seen.lines += 1
    if (seen.width > widestWrap) seen.wider += 1
  }
  seen.width = 0
  seen.isBlank = true
}

/** A paragraph in parts, and what stands around them. */
export function* splitParagraph(block: string, place: string): Generator<Part> {
  for (const piece of splitLong(block)) {
    const text = piece.trim()
    const start = piece.indexOf(text)
    if (!hasWords(text)) {
      yield { kind: 'kept', source: piece }
      continue
    }
    const end = start + text.length
    if (start > 0) yield { kind: 'kept', source: piece.slice(0, start) }
    yield { kind: 'segment', place, text: text.replaceAll('\r\n', '\n'), source: text, restore: restoreLike(text) }
    if (end < piece.length) yield { kind: 'kept', source: piece.slice(end) }
  }
}

/** One line stays one; several stay a block, with its line ends and without blank lines. */
function restoreLike(source: string): (target: string) => string {
  if (!source.includes('\n')) return joinLines
  const lineEnd = source.includes('\r\n') ? '\r\n' : '\n'
  return (target) => trimmedLines(target).join(lineEnd)
}

function countLines(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

function endOfLastLine(text: string): number {
  return text.lastIndexOf('\n') + 1
}
