/**
 * Archives of strangers. The directory is read whole and checked before anything is inflated; what is inflated is counted
 * against limits, and against what the directory says, as it comes. No size that a file states is trusted.
 */
import { fromBufferPromise, type Entry, type LocalFileHeader, type ZipFile } from 'yauzl'
import { asUnreadable, unreadable } from '../refusal.ts'

export const zipLimits = {
  entries: 5_000,
  /** Of all names together, in bytes: a thousand entries may have names of 64 kB each. */
  nameBytes: 1_024 * 1_024,
  /** Of all entries together, in bytes: five times what a file may have. */
  inflatedBytes: 100 * 1_024 * 1_024,
  /** How much more an entry may be than what it is stored in, once it is larger than `ratioFrom` bytes. */
  ratio: 250,
  ratioFrom: 10 * 1_024 * 1_024,
} as const

export type ZipEntry = {
  name: string
  /** 0 stored, 8 deflated. */
  method: 0 | 8
  crc: number
  inflatedBytes: number
  /** As it is stored: a view of the file. */
  stored: Uint8Array
}

/** In the order of the directory. Throws 'file.unreadable' for what is broken, encrypted, ambiguous or too much. */
export async function openZip(content: Uint8Array): Promise<ZipEntry[]> {
  const buffer = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  try {
    const zip = await fromBufferPromise(buffer, { strictFileNames: true })
    if (zip.entryCount > zipLimits.entries) throw tooMuch(`more than ${zipLimits.entries} parts`)
    const entries = await readDirectory(zip)
    checkTogether(entries)
    const opened: Opened[] = []
    for (const entry of entries) opened.push(await openEntry(zip, entry, content))
    checkOverlap(opened)
    return opened.map(({ end: _, start: __, ...entry }) => entry)
  } catch (error) {
    throw asUnreadable(error, 'it is damaged or not complete')
  }
}

async function readDirectory(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = []
  let nameBytes = 0
  for await (const entry of zip.eachEntry()) {
    entries.push(entry)
    nameBytes += entry.fileNameLength
    if (entries.length > zipLimits.entries || nameBytes > zipLimits.nameBytes) throw tooMuch('too many parts')
  }
  return entries
}

function checkTogether(entries: readonly Entry[]): void {
  // Names that differ in case only are the same part for Word.
  const names = new Set(entries.map(({ fileName }) => fileName.toLowerCase()))
  if (names.size < entries.length) throw unreadable('two of its parts have the same name')
  const inflated = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0)
  if (inflated > zipLimits.inflatedBytes) throw tooMuch('more than 100 MB')
}

type Opened = ZipEntry & { start: number; end: number }

async function openEntry(zip: ZipFile, entry: Entry, content: Uint8Array): Promise<Opened> {
  if (entry.isEncrypted()) throw unreadable('it is encrypted. Save it without a password')
  const method = entry.compressionMethod
  if (method !== 0 && method !== 8) throw unreadable('a part of it is packed in an unknown way')
  const local = await zip.readLocalFileHeaderPromise(entry)
  checkLocal(entry, local)
  const end = local.fileDataStart + entry.compressedSize
  if (end > content.length) throw unreadable('it is not complete')
  return {
    name: entry.fileName,
    method,
    crc: entry.crc32,
    inflatedBytes: entry.uncompressedSize,
    stored: content.subarray(local.fileDataStart, end),
    start: entry.relativeOffsetOfLocalHeader,
    end,
  }
}

/** Programs read either header; two that differ are two different files in one. */
function checkLocal(entry: Entry, local: LocalFileHeader): void {
  const isLater = (local.generalPurposeBitFlag & 8) !== 0 // the sizes come after the bytes
  const differs = (stated: number, known: number): boolean =>
    stated !== known && !(isLater && stated === 0) && stated !== 0xff_ff_ff_ff
  if (
    !entry.fileNameRaw.equals(local.fileName) ||
    local.compressionMethod !== entry.compressionMethod ||
    differs(local.compressedSize, entry.compressedSize) ||
    differs(local.uncompressedSize, entry.uncompressedSize) ||
    differs(local.crc32, entry.crc32)
  )
    throw unreadable('what it says about its parts does not agree')
}

function checkOverlap(entries: readonly Opened[]): void {
  const sorted = entries.toSorted((a, b) => a.start - b.start)
  for (const [index, { end }] of sorted.entries())
    if (end > (sorted[index + 1]?.start ?? end)) throw unreadable('its parts lie over one another')
}

export function tooMuch(what: string): Error {
  return unreadable(`it holds ${what}, which no document needs`)
}
