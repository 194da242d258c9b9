/** What is in an entry, in pieces, each counted before it is given out. */
import { createInflateRaw, crc32 } from 'node:zlib'
import { asUnreadable, unreadable } from '../refusal.ts'
import { tooMuch, zipLimits, type ZipEntry } from './openZip.ts'

const chunkBytes = 64 * 1_024
const damaged = 'a part of it is damaged'

/** Throws 'file.unreadable' at the first byte beyond a limit or beyond what the entry says, and at a wrong checksum. */
export async function* inflateEntry(entry: ZipEntry, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let bytes = 0
  let crc = 0
  try {
    for await (const piece of entry.method === 0 ? cut(entry.stored) : inflate(entry.stored)) {
      signal.throwIfAborted()
      bytes += piece.length
      crc = crc32(piece, crc)
      checkCount(bytes, entry)
      yield piece
    }
  } catch (error) {
    signal.throwIfAborted()
    throw asUnreadable(error, damaged)
  }
  if (bytes !== entry.inflatedBytes || crc !== entry.crc) throw unreadable(damaged)
}

function checkCount(bytes: number, { inflatedBytes, stored }: ZipEntry): void {
  if (bytes > inflatedBytes) throw unreadable('a part of it is larger than it says')
  if (bytes > zipLimits.ratioFrom && bytes > stored.length * zipLimits.ratio)
    throw tooMuch(`a part packed to less than 1/${zipLimits.ratio}`)
}

function* cut(stored: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < stored.length; at += chunkBytes) yield stored.subarray(at, at + chunkBytes)
}

async function* inflate(stored: Uint8Array): AsyncGenerator<Uint8Array> {
  const inflater = createInflateRaw({ chunkSize: chunkBytes })
  inflater.end(stored)
  try {
    yield* inflater as AsyncIterable<Uint8Array>
    // Bytes after the end of the packed ones belong to no part: another reader may see another file in them.
    if (inflater.bytesWritten !== stored.length) throw unreadable(damaged)
  } finally {
    inflater.destroy()
  }
}
