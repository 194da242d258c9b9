/** Whether an archive is a Word document that can be read to its end, whatever is in it. */
import { unknownType, unreadable } from '../refusal.ts'
import { inflateEntry } from '../zip/inflateEntry.ts'
import { openZip, type ZipEntry } from '../zip/openZip.ts'
import { readParagraphs } from './paragraphs.ts'
import { partsWithText, readTypes, roots } from './wordParts.ts'

const main = 'document.main+xml'
/** By what their main part's type contains. */
const others = [
  { type: 'spreadsheetml.', what: 'an Excel workbook' },
  { type: 'ms-excel.', what: 'an Excel workbook' },
  { type: 'presentationml.', what: 'a PowerPoint presentation' },
  { type: 'ms-powerpoint.', what: 'a PowerPoint presentation' },
  { type: 'ms-word.', what: 'a Word document with macros: save it as .docx' },
  { type: 'wordprocessingml.template', what: 'a Word template: save it as .docx' },
]

/** Throws 'file.typeUnknown' for another archive, 'file.unreadable' for a broken document. */
export async function checkWord({ name, content }: { name: string; content: Uint8Array }): Promise<'docx'> {
  const { signal } = new AbortController()
  const entries = await openZip(content)
  const types = await readTypes(entries, signal)
  if (types === null) throw unknownType(name, whatElse(entries))
  const parts = partsWithText(entries, types)
  if (!parts.some(({ kind }) => kind === 'document')) {
    const known = [...types.values()]
    if (known.some((type) => type.includes(`wordprocessingml.${main}`))) throw unreadable('its text is missing')
    throw unknownType(
      name,
      others.find((other) => known.some((type) => type.includes(other.type)))?.what ?? 'an archive',
    )
  }
  const read = new Set<ZipEntry>()
  for (const { entry, kind } of parts) {
    await drain(readParagraphs(inflateEntry(entry, signal), { kind, root: roots[kind] }))
    read.add(entry)
  }
  // Carried over as they are, but nobody should be sent a bomb that he has not made himself.
  for (const entry of entries) if (!read.has(entry)) await drain(inflateEntry(entry, signal))
  return 'docx'
}

function whatElse(entries: readonly ZipEntry[]): string {
  const isOpenDocument = entries[0]?.name === 'mimetype'
  return isOpenDocument ? 'an OpenDocument or e-book file: save it as .docx' : 'a zip archive'
}

async function drain(pieces: AsyncIterable<unknown>): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true);
}
