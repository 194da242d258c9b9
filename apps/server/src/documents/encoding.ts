/**
 * Bytes to text and back. What was UTF-8 or UTF-16 is written as that; GB18030, which nothing here can write, as UTF-8
 * with a mark by which Windows knows it.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { unreadable } from './refusal.ts'

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'gb18030'

/** Bytes decoded at a time; other work of the process has its turn between two of them. */
const chunkBytes = 64 * 1_024
/** Which share of the characters of a Chinese text stand in the rows that GB2312 fills; other bytes fall anywhere. */
const commonShare = 0.7
/** Control characters other than those of lines and pages. */
const neverInText = /(?![\t\n\v\f\r\u0080-\u009f])\p{Cc}/u

/** What the mark at the beginning says, otherwise what the bytes can be; null: no text. */
export function detectEncoding(content: Uint8Array): Encoding | null {
  if (content[0] === 0xff && content[1] === 0xfe) return 'utf-16le'
  if (content[0] === 0xfe && content[1] === 0xff) return 'utf-16be'
  if (decodes(content, 'utf-8')) return 'utf-8'
  return looksChinese(content) && decodes(content, 'gb18030') ? 'gb18030' : null
}

/** Whether all of it decodes and is text: no NUL, no control characters. */
export function isText(content: Uint8Array, encoding: Encoding): boolean {
  return decodes(content, encoding, (piece) => !neverInText.test(piece))
}

/** The text in pieces of bounded size, with its mark. Throws 'file.unreadable' where bytes are no text. */
export async function* decodeText(content: Uint8Array, signal: AbortSignal): AsyncGenerator<string> {
  const encoding = detectEncoding(content)
  if (encoding === null) throw unreadable('its text is in an unknown encoding. Save it as UTF-8')
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  for (let at = 0; at < content.length; at += chunkBytes) {
    signal.throwIfAborted()
    const end = at + chunkBytes
    yield decode(decoder, content.subarray(at, end), end < content.length)
    await nextTurn()
  }
}

/** Text as bytes, in pieces. */
export async function* encodeText(encoding: Encoding, pieces: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  if (encoding === 'gb18030') yield Uint8Array.of(0xef, 0xbb, 0xbf)
  for await (const piece of gather(pieces)) yield encode(piece, encoding)
}

/** Small pieces as few large ones. */
async function* gather(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let waiting: string[] = []
  let length = 0
  for await (const piece of pieces) {
    waiting.push(piece)
    length += piece.length
    if (length < chunkBytes) continue
    yield waiting.join('')
    waiting = []
    length = 0
  }
  if (length > 0) yield waiting.join('')
}

function encode(text: string, encoding: Encoding): Uint8Array {
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le')
  return encoding === 'utf-16be' ? Buffer.from(text, 'utf16le').swap16() : Buffer.from(text, 'utf8')
}

function decode(decoder: TextDecoder, bytes: Uint8Array, isMore: boolean): string {
  try {
    return decoder.decode(bytes, { stream: isMore })
  } catch (error) {
    throw unreadable('some of its bytes are no text', error)
  }
}

function decodes(content: Uint8Array, encoding: Encoding, isFine: (piece: string) => boolean = () => true): boolean {
  const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true })
  try {
    for (let at = 0; at < content.length; at += chunkBytes)
      if (!isFine(decoder.decode(content.subarray(at, at + chunkBytes), { stream: at + chunkBytes < content.length })))
        return false
    return true
  } catch {
    return false
  }
}

/** By the bytes: pairs with both halves above 0xA0, the first up to 0xF7. Western letters pair with what follows them. */
function looksChinese(content: Uint8Array): boolean {
  let common = 0
  let all = 0
  for (let at = 0; at < content.length; at += 1) {
    const lead = content[at]!
    if (lead < 0x80) continue
    const trail = content[at + 1] ?? 0
    all += 1
    if (lead >= 0xa1 && lead <= 0xf7 && trail >= 0xa1) common += 1
    at += 1
  }
  return all > 0 && common / all >= commonShare
}
