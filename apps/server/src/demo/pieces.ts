/**
 * Cuts a text into what this writer calls tokens: a character of Chinese, Japanese or Korean, up to six letters of
 * other words, up to three signs, each with the space before it. Joined again they are the text; none splits a character.
 */
export function splitPieces(text: string): string[] {
  return text.match(piece) ?? []
}

const piece =
  /\s*(?:[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]|[[\p{L}\p{N}\p{M}'’]--[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]]{1,6}|[^\s\p{L}\p{N}\p{M}]{1,3})|\s+/gv
