/** Writes an archive as it comes: entries as they were stored, or new ones that are deflated on the way. */
import { crc32, createDeflateRaw } from 'node:zlib'
import { Readable } from 'node:stream'
import type { ZipEntry } from './openZip.ts'

/** New content of an entry, where `content` is given; otherwise it is carried over as it is stored. */
export type WrittenEntry = { entry: ZipEntry; content: AsyncIterable<Uint8Array> | null }

type Written = { name: Uint8Array; flags: number; method: number; offset: number } & Sizes
type Sizes = { crc: number; storedBytes: number; inflatedBytes: number }

const utf8Name = 0x800
const sizesAfterwards = 8
/** 1980-01-01, the first day an archive knows: the same input gives the same bytes. */
const date = 0x21
const version = 20

export async function* writeZip(entries: Iterable<WrittenEntry>): AsyncGenerator<Uint8Array> {
  const directory: Written[] = []
  let at = 0
  for (const { entry, content } of entries) {
    const offset = at
    const name = new TextEncoder().encode(entry.name)
    const flags = utf8Name | (content === null ? 0 : sizesAfterwards)
    const method = content === null ? entry.method : 8
    const known = content === null ? sizesOf(entry) : { crc: 0, storedBytes: 0, inflatedBytes: 0 }
    const header = { name, flags, method, offset, ...known }
    yield* count(writeLocalHeader(header))
    if (content === null) yield* count(entry.stored)
    const sizes = content === null ? known : yield* deflate(content)
    if (content !== null) at += sizes.storedBytes
    if (content !== null) yield* count(writeSizes(sizes))
    directory.push({ ...header, ...sizes })
  }
  const start = at
  for (const written of directory) yield* count(writeDirectoryEntry(written))
  yield writeEnd(directory.length, { start, bytes: at - start })

  function* count(bytes: Uint8Array): Generator<Uint8Array> {
    at += bytes.length
    yield bytes
  }
}

function sizesOf({ crc, stored, inflatedBytes }: ZipEntry): Sizes {
  return { crc, storedBytes: stored.length, inflatedBytes }
}

async function* deflate(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, Sizes> {
  const sizes: Sizes = { crc: 0, storedBytes: 0, inflatedBytes: 0 }
  const deflater = createDeflateRaw()
  const source = Readable.from(measure(content, sizes), { objectMode: true })
  source.on('error', (error) => deflater.destroy(error))
  source.pipe(deflater)
  try {
    for await (const piece of deflater as AsyncIterable<Uint8Array>) {
      sizes.storedBytes += piece.length
      yield piece
    }
    return sizes
  } finally {
    source.destroy()
    deflater.destroy()
  }
}

async function* measure(content: AsyncIterable<Uint8Array>, sizes: Sizes): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    sizes.crc = crc32(piece, sizes.crc)
    sizes.inflatedBytes += piece.length
    yield piece
  }
}

type Field = { bytes: 2 | 4; value: number }
const short = (value: number): Field => ({ bytes: 2, value })
const long = (value: number): Field => ({ bytes: 4, value })

function pack(fields: readonly Field[], name: Uint8Array = new Uint8Array()): Uint8Array {
  const packed = Buffer.alloc(fields.reduce((sum, { bytes }) => sum + bytes, name.length))
  let at = 0
  for (const { bytes, value } of fields) at = packed.writeUIntLE(value, at, bytes)
  packed.set(name, at)
  return packed
}

function commonFields({ flags, method, crc, storedBytes, inflatedBytes, name }: Written): Field[] {
  const sizes = [long(crc), long(storedBytes), long(inflatedBytes)]
  return [short(version), short(flags), short(method), short(0), short(date), ...sizes, short(name.length), short(0)]
}

function writeLocalHeader(written: Written): Uint8Array {
  return pack([long(0x04_03_4b_50), ...commonFields(written)], written.name)
}

function writeSizes({ crc, storedBytes, inflatedBytes }: Sizes): Uint8Array {
  return pack([long(0x08_07_4b_50), long(crc), long(storedBytes), long(inflatedBytes)])
}

function writeDirectoryEntry(written: Written): Uint8Array {
  const rest = [short(0), short(0), short(0), long(0), long(written.offset)]
  return pack([long(0x02_01_4b_50), short(version), ...commonFields(written), ...rest], written.name)
}

function writeEnd(entries: number, { start, bytes }: { start: number; bytes: number }): Uint8Array {
  const counts = [short(0), short(0), short(entries), short(entries)]
  return pack([long(0x06_05_4b_50), ...counts, long(bytes), long(start), short(0)])
}
