/**
 * Reads `{"translations":[{"number":1,"text":"…"},…]}` while a model writes it, letter by letter.
 *
 * Guarantee: never throws for what it reads, and looks at each character a bounded number of times.
 * States: seek (for the head of a row) ⇄ inside (its text, to the closing quote).
 */
export type Translated = {
  number: number
  /** More of its text. */
  text: string
  /** Its text is whole with this. */
  isEnd: boolean
}

const head = /\{\s*"number"\s*:\s*"?(\d{1,9})"?\s*,\s*"text"\s*:\s*"/g
/** No head is longer, white space between its parts included. */
const longestHead = 200

export async function* readTranslations(pieces: AsyncIterable<string>): AsyncGenerator<Translated, void> {
  let unread = ''
  let number: number | null = null
  for await (const piece of pieces) {
    unread += piece
    for (;;) {
      if (number === null) {
        head.lastIndex = 0
        const found = head.exec(unread)
        if (found === null) {
          unread = unread.slice(-longestHead)
          break
        }
        number = Number(found[1])
        unread = unread.slice(head.lastIndex)
      }
      const { text, isEnd, length } = readString(unread)
      unread = unread.slice(length)
      if (text !== '' || isEnd) yield { number, text, isEnd }
      if (!isEnd) break
      number = null
    }
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** As much of a JSON string as is there, without its opening quote. An escape that JSON does not know stands for its letter. */
function readString(raw: string): { text: string; isEnd: boolean; length: number } {
  let text = ''
  let at = 0
  while (at < raw.length) {
    const char = raw[at]!
    if (char === '"') return { text, isEnd: true, length: at + 1 }
    if (char !== '\\') {
      text += char
      at += 1
      continue
    }
    const letter = raw[at + 1]
    const size = letter === 'u' ? 6 : 2
    if (at + size > raw.length) break
    text += letter === 'u' ? readCode(raw.slice(at + 2, at + 6)) : (escapes[letter!] ?? letter!)
    at += size
  }
  return { text, isEnd: false, length: at }
}

function readCode(digits: string): string {
  return /^[\da-f]{4}$/i.test(digits) ? String.fromCharCode(Number.parseInt(digits, 16)) : `u${digits}`
}
