/** Blocks of lines between blank lines, found without regular expressions: those take forever on a megabyte of spaces. */

/** Where a block stands: from its first line to its last, without the line end. */
export type Block = { start: number; end: number }

export function* blocksOf(text: string): Generator<Block> {
  let start = -1
  let end = 0
  for (const line of linesOf(text)) {
    const isBlank = text.slice(line.start, line.end).trim() === ''
    if (isBlank && start >= 0) yield { start, end }
    if (isBlank) start = -1
    else if (start < 0) start = line.start
    end = line.end
  }
  if (start >= 0) yield { start, end }
}

/** Each line without its line end. */
export function* linesOf(text: string): Generator<Block> {
  let start = 0
  while (start < text.length) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    yield { start, end: found > start && text[found - 1] === '\r' ? end - 1 : end }
    start = end + 1
  }
}

/** How much of the text ends with a blank line; 0 where there is none. */
export function endOfLastBlock(text: string): number {
  let end = text.lastIndexOf('\n')
  while (end > 0) {
    const before = text.lastIndexOf('\n', end - 1)
    if (before >= 0 && text.slice(before, end).trim() === '') return end + 1
    end = before
  }
  return 0
}

/** The lines of a text without the blank ones and the space around them. */
export function trimmedLines(text: string): string[] {
  return text.split('\n').flatMap((line) => line.trim() || [])
}
