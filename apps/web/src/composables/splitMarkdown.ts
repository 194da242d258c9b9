/**
 * Cuts a growing Markdown text into blocks that are final and a tail that may still change.
 *
 * Guarantee: rendering the blocks and the tail one by one gives the same HTML as rendering the whole, wherever the
 * text is cut; a block once settled never changes, so its DOM nodes can stay.
 * Why it holds: Markdown's blocks are decided line by line, so once a later top-level block has begun on a complete
 * line, no further text reaches back before it. Reference definitions would; the renderer has them switched off.
 */
import MarkdownIt from 'markdown-it'

export type SettledBlock = {
  /** Where the block starts in the text; unique and stable, so it serves as a key. */
  start: number
  source: string
}

export type SplitMarkdown = { settled: readonly SettledBlock[]; tail: string }

export type MarkdownSplitter = {
  /** Takes the whole text so far. A text that does not continue the one before starts anew. */
  split(text: string): SplitMarkdown
}

// Only block structure is needed to find the seams; inline parsing would be most of the work.
const blockParser = new MarkdownIt({ html: false })
blockParser.disable('reference')
blockParser.core.ruler.enableOnly(['normalize', 'block'])

export function createMarkdownSplitter(): MarkdownSplitter {
  let known = ''
  let settled: readonly SettledBlock[] = []
  let settledLength = 0
  return {
    split(raw) {
      const text = raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw
      if (!text.startsWith(known)) {
        settled = []
        settledLength = 0
      }
      known = text
      const found = findSettled(text.slice(settledLength), settledLength)
      if (found.length > 0) {
        settled = [...settled, ...found]
        const last = found.at(-1)!
        settledLength = last.start + last.source.length
      }
      return { settled, tail: text.slice(settledLength) }
    },
  }
}

/** The blocks of a tail that can no longer change: all before the last one, judged on complete lines only. */
function findSettled(tail: string, offset: number): SettledBlock[] {
  const complete = tail.slice(0, tail.lastIndexOf('\n') + 1)
  if (complete === '') return []
  const starts = topLevelLines(complete)
  if (starts.length < 2) return []
  // The first block takes what is before it (blank lines), so that nothing is lost between blocks.
  const seams = [0, ...offsetsOfLines(complete, starts.slice(1))]
  return seams
    .slice(0, -1)
    .map((from, index) => ({ start: offset + from, source: complete.slice(from, seams[index + 1]) }))
}

function topLevelLines(text: string): number[] {
  const lines: number[] = []
  for (const token of blockParser.parse(text, {})) {
    if (token.level === 0 && token.nesting >= 0 && token.map !== null) lines.push(token.map[0])
  }
  return lines
}

function offsetsOfLines(text: string, lines: readonly number[]): number[] {
  const offsets: number[] = []
  let line = 0
  let at = 0
  for (const wanted of lines) {
    while (line < wanted) {
      at = text.indexOf('\n', at) + 1
      line += 1
    }
    offsets.push(at)
  }
  return offsets
}

/** Up to two marks may still become a fence; three with a language are one whose line is not ended. */
const halfFence = /^ {0,3}(`{1,2}|~{1,2}|`{3,}[^`]*|~{3,}[^~]*)$/

/** Hides a code fence that is only half typed: without its line end nobody knows what it will be. */
export function hideHalfFence(tail: string): string {
  const lastLine = tail.slice(tail.lastIndexOf('\n') + 1)
  return halfFence.test(lastLine) ? tail.slice(0, tail.length - lastLine.length) : tail
}
