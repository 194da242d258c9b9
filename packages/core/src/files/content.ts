import { AppError } from '../errors.ts'
import type { ByteHash } from '../ports/clock.ts'

export type MeasureOptions = { hash: ByteHash; signal: AbortSignal; limitBytes?: number }

/** The content as it passes by, counted and hashed; it ends with an error when it is cut or grows too large. */
export function measure(content: AsyncIterable<Uint8Array>, { hash, signal, limitBytes }: MeasureOptions) {
  let bytes = 0
  async function* pass(): AsyncGenerator<Uint8Array, void> {
    signal.throwIfAborted()
    for await (const piece of content) {
      signal.throwIfAborted()
      bytes += piece.byteLength
      if (limitBytes !== undefined && bytes > limitBytes) throw fileTooLarge({ allowed: limitBytes })
      hash.update(piece)
      yield piece
    }
    signal.throwIfAborted()
  }
  return { pieces: pass(), result: () => ({ bytes, sha256: hash.digest() }) }
}

/** All of it in one piece: for contents whose size is known to be bearable. */
export async function collect(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of content) {
    pieces.push(piece)
    length += piece.byteLength
  }
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.byteLength
  }
  return whole
}

/** `given`: the size in bytes, where it is known. */
export function fileTooLarge({ given, allowed }: { given?: number; allowed: number }): AppError {
  const size = given === undefined ? 'larger' : `${given} bytes large, more`
  const message = `The file is ${size} than the ${allowed} bytes that are taken.`
  return new AppError('file.tooLarge', message, { params: given === undefined ? { allowed } : { given, allowed } })
}
