/** A text read in pieces of bounded size, each cut where a reader may begin anew. */

/** When a piece is given out, and when it is cut wherever there is a line's end or none, in UTF-16 code units. */
export const pieceLength = 32 * 1_024
export const longestPiece = 256 * 1_024

export type Cut = (text: string) => number

/**
 * `safeEnd` says how much of the text, from its beginning, ends at a safe place (0: none). Where there is none within
 * `longestPiece`, the piece ends with a line, and where there is none either, anywhere.
 */
export async function* cutPieces(chunks: AsyncIterable<string>, safeEnd: Cut): AsyncGenerator<string> {
  let text = ''
  let tryAt = pieceLength
  for await (const chunk of chunks) {
    text += chunk
    while (text.length >= tryAt) {
      const end = safeEnd(text) || (text.length < longestPiece ? 0 : forcedEnd(text))
      if (end > 0) yield text.slice(0, end)
      text = text.slice(end)
      // Doubling keeps the search for a safe place linear where there is none for long.
      tryAt = end > 0 ? pieceLength : Math.min(longestPiece, text.length * 2)
      if (end > 0 && text.length < pieceLength) break
    }
  }
  if (text !== '') yield text
}

function forcedEnd(text: string): number {
  const window = text.slice(0, longestPiece)
  for (const mark of ['\n', '. ', '。', ' ']) {
    const at = window.lastIndexOf(mark)
    if (at > 0) return at + 1
  }
  return isHighSurrogate(window.charCodeAt(window.length - 1)) ? window.length - 1 : window.length
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}
