/** Which parts of the archive hold text, by their content types: names are free. */
import { unreadable } from '../refusal.ts'
import { inflateEntry } from '../zip/inflateEntry.ts'
import type { ZipEntry } from '../zip/openZip.ts'
import { readXml } from './xmlReader.ts'

export type WordPart = { entry: ZipEntry; kind: PartKind }
export type PartKind = 'document' | 'header' | 'footer' | 'footnote' | 'endnote' | 'comment'

const prefix = 'application/vnd.openxmlformats-officedocument.wordprocessingml.'
const kinds: Readonly<Record<string, PartKind>> = {
  'document.main+xml': 'document',
  'header+xml': 'header',
  'footer+xml': 'footer',
  'footnotes+xml': 'footnote',
  'endnotes+xml': 'endnote',
  'comments+xml': 'comment',
}
const order = Object.values(kinds)

/** The elements that such a part may begin with. */
export const roots: Readonly<Record<PartKind, readonly string[]>> = {
  document: ['document'],
  header: ['hdr'],
  footer: ['ftr'],
  footnote: ['footnotes'],
  endnote: ['endnotes'],
  comment: ['comments'],
}

export const typesName = '[Content_Types].xml'
const typesLimit = 1_024 * 1_024

/** The content type of each part that is named, by its lower-cased name. Null where the archive has no such list. */
export async function readTypes(
  entries: readonly ZipEntry[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string> | null> {
  const entry = entries.find(({ name }) => name.toLowerCase() === typesName.toLowerCase())
  if (entry === undefined) return null
  if (entry.inflatedBytes > typesLimit) throw unreadable('its list of parts is larger than any document needs')
  const types = new Map<string, string>()
  for await (const { events } of readXml(inflateEntry(entry, signal)))
    for (const event of events) {
      if (event.kind !== 'open' || event.tag.local !== 'Override') continue
      const { PartName, ContentType } = event.tag.attributes
      if (PartName !== undefined && ContentType !== undefined)
        types.set(PartName.value.toLowerCase().replace(/^\//, ''), ContentType.value)
    }
  return types
}

/** The document, then headers, footers, notes and comments. */
export function partsWithText(entries: readonly ZipEntry[], types: ReadonlyMap<string, string>): WordPart[] {
  return entries
    .flatMap((entry) => {
      const type = types.get(entry.name.toLowerCase()) ?? ''
      const kind = type.startsWith(prefix) ? kinds[type.slice(prefix.length)] : undefined
      return kind === undefined ? [] : [{ entry, kind }]
    })
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || compareNames(a.entry.name, b.entry.name))
}

/** header2 comes before header10. */
function compareNames(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1)
}
