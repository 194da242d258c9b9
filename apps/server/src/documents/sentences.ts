/** Long texts in parts that end with a sentence. */

/** The longest part, in UTF-16 code units: a page or so, which a model translates in one piece. */
export const partLimit = 2_000
/** A part ends at a sentence's end after at least so much; sooner, a space is the better place. */
const leastPart = 500
// Intl.Segmenter knows more of abbreviations, and takes ten times as long.
const sentenceEnd = /(?:[.!?]["'”’)\]]*(?=\s)|[。！？；…]["'”’」』）]*|\n)/g

/** Pieces that together are `text`, each up to `partLimit` and never cut within a character of two code units. */
export function splitLong(text: string): string[] {
  const pieces: string[] = []
  let at = 0
  while (text.length - at > partLimit) {
    const end = at + chooseEnd(text.slice(at, at + partLimit))
    pieces.push(text.slice(at, end))
    at = end
  }
  pieces.push(text.slice(at))
  return pieces
}

function chooseEnd(window: string): number {
  let end = 0
  for (const found of window.matchAll(sentenceEnd)) end = found.index + found[0].length
  if (end >= leastPart) return end
  const space = Math.max(window.lastIndexOf(' '), window.lastIndexOf('，') + 1)
  if (space >= leastPart) return space
  return isCut(window) ? window.length - 1 : window.length
}

function isCut(window: string): boolean {
  const last = window.charCodeAt(window.length - 1)
  return last >= 0xd800 && last <= 0xdbff
}
