/** SubRip: blocks between blank lines, each a number, a time and lines of text. One block is one segment. */
import { blocksOf, endOfLastBlock, trimmedLines } from './blocks.ts'
import { hasWords, type Part } from './parts.ts'
import { cutPieces } from './pieces.ts'

const timeLine = /^[ \t]*(\d{1,3}:\d{1,2}:\d{1,2}[,.]\d{1,3})[ \t]*-->[ \t]*\d{1,3}:\d{1,2}:\d{1,2}[,.]\d{1,3}/
const lineEnd = /\r?\n/

export async function* splitSubtitles(chunks: AsyncIterable<string>): AsyncGenerator<Part> {
  let place = 'before the first subtitle'
  for await (const piece of cutPieces(chunks, endOfLastBlock)) {
    let at = 0
    for (const found of blocksOf(piece)) {
      const block = piece.slice(found.start, found.end)
      const head = readHead(block)
      place = head.time ?? place
      const text = block.slice(head.length).trim()
      if (!hasWords(text)) continue
      const start = found.start + block.indexOf(text, head.length)
      if (start > at) yield { kind: 'kept', source: piece.slice(at, start) }
      yield {
        kind: 'segment',
        place,
        text: text.replaceAll('\r\n', '\n'),
        source: text,
        restore: restoreLike(text, piece),
      }
      at = start + text.length
    }
    if (at < piece.length) yield { kind: 'kept', source: piece.slice(at) }
  }
}

/** Whether there is a subtitle with its time in it. */
export async function hasSubtitle(chunks: AsyncIterable<string>): Promise<boolean> {
  for await (const piece of cutPieces(chunks, endOfLastBlock))
    for (const { start, end } of blocksOf(piece)) if (readHead(piece.slice(start, end)).time !== null) return true
  return false
}

/** The number and the time. A block without a time goes on with the text before it, which had a blank line inside. */
function readHead(block: string): { time: string | null; length: number } {
  const [first = '', second = ''] = block.split(lineEnd, 2)
  const own = timeLine.exec(withoutMark(first))
  if (own !== null) return { time: own[1]!, length: lengthOfLines(block, 1) }
  if (!/^\s*\d+\s*$/.test(withoutMark(first))) return { time: null, length: 0 }
  const time = timeLine.exec(second)
  return time === null ? { time: null, length: 0 } : { time: time[1]!, length: lengthOfLines(block, 2) }
}

function lengthOfLines(block: string, count: number): number {
  let at = 0
  for (let line = 0; line < count; line += 1) {
    const end = block.indexOf('\n', at)
    if (end < 0) return block.length
    at = end + 1
  }
  return at
}

/** No blank line, which would end the subtitle, and nothing that reads as a time. */
function restoreLike(source: string, piece: string): (target: string) => string {
  const end = (source.includes('\n') ? source : piece).includes('\r\n') ? '\r\n' : '\n'
  return (target) => trimmedLines(target.replaceAll('-->', '→')).join(end)
}

function withoutMark(line: string): string {
  return line.replace('\ufeff', '')
}
