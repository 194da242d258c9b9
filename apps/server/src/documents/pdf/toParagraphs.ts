/** A PDF knows where letters stand and nothing of paragraphs: those are told by the gaps between lines. */
import { hasWords, joinLines } from '../parts.ts'

/** As pdf.js gives it; `transform` ends with the place of its beginning, from the lower left of the page. */
export type TextPiece = { str: string; transform: number[]; width: number; height: number; hasEOL: boolean }

type Line = { text: string; x: number; y: number; end: number; height: number }

/** Parts of a line's height. */
const gapOfParagraphs = 1.75
const indentOfParagraphs = 0.9
/** Headings are this much larger or smaller than the text after them. */
const sizeOfHeadings = 1.15
/** A line that ends before this share of the widest one is the last of its paragraph, if a sentence ends there. */
const fullLine = 0.85

export function toParagraphs(pieces: readonly TextPiece[]): string[] {
  const lines = toLines(pieces)
  const right = lines.reduce((most, { end }) => Math.max(most, end), 0)
  const paragraphs: string[][] = []
  for (const [index, line] of lines.entries()) {
    const before = lines[index - 1]
    if (before === undefined || isNew(line, { before, right })) paragraphs.push([line.text])
    else paragraphs.at(-1)!.push(line.text)
  }
  return paragraphs.map(joinHyphenated)
}

function toLines(pieces: readonly TextPiece[]): Line[] {
  const lines: Line[] = []
  let line: Line | null = null
  for (const { str, transform, width, height, hasEOL } of pieces) {
    const [x = 0, y = 0] = transform.slice(4)
    if (line === null) line = { text: str, x, y, end: x + width, height }
    else {
      line.text += str
      line.end = Math.max(line.end, x + width)
      line.height = Math.max(line.height, height)
    }
    if (!hasEOL) continue
    lines.push(line)
    line = null
  }
  if (line !== null) lines.push(line)
  return lines.map((one) => ({ ...one, text: clean(one.text) })).filter(({ text }) => text !== '')
}

function isNew(line: Line, { before, right }: { before: Line; right: number }): boolean {
  const height = Math.max(1, Math.min(line.height, before.height))
  const drop = before.y - line.y
  if (drop < 0 || drop > gapOfParagraphs * height) return true
  const [small, large] = [height, Math.max(line.height, before.height)]
  if (large / small > sizeOfHeadings || /^[•◦▪‣·–-]\s/.test(line.text)) return true
  if (line.x - before.x > indentOfParagraphs * height) return true
  return before.end < right * fullLine && /[.!?:。！？：]["'”’」』）)]*$/.test(before.text)
}

function joinHyphenated(lines: readonly string[]): string {
  const text = lines.reduce((joined, line) =>
    /\p{L}[-\u00ad]$/u.test(joined) && /^\p{Ll}/u.test(line) ? joined.slice(0, -1) + line : `${joined}\n${line}`,
  )
  return hasWords(text) ? joinLines(text) : text.replaceAll('\n', ' ')
}

function clean(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
}
