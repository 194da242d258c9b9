/** How a paragraph is shown to a model: what stands around its text, and which tag is which item. */
import { textOf, type Item, type Run } from './items.ts'
import { escapeTags } from './tags.ts'

type TextItem = Extract<Item, { kind: 'text' }>

/** A row of items with numbers: `base` is the look that needs no tag. */
export type Level = { base: Run; entries: Entry[] }
export type Entry =
  | { kind: 'plain'; key: number; text: string }
  | { kind: 'look'; key: number; id: number; text: string; run: Run }
  | { kind: 'thing'; key: number; id: number; xml: string }
  /** `key` is that of its beginning. */
  | { kind: 'group'; key: number; endKey: number; id: number; open: string; close: string; level: Level }

/** Hidden items in order, each with the key of the entry that it comes after. */
export type Hidden = { after: number; xml: string; isPinned: boolean }

export type Plan = {
  /** Items before the first and after the last text; they stay where they are. */
  lead: readonly LeadPiece[]
  tail: readonly LeadPiece[]
  level: Level
  hidden: Hidden[]
  ids: Map<number, Exclude<Entry, { kind: 'plain' }>>
}
export type LeadPiece = Item | string

/** Null where there is no text. */
export function planParagraph(items: readonly Item[]): Plan | null {
  const lead: LeadPiece[] = []
  const tail: LeadPiece[][] = []
  let row = items
  for (;;) {
    const first = row.findIndex(isShown)
    if (first < 0) return null
    const last = row.findLastIndex(isShown)
    lead.push(...row.slice(0, first))
    tail.push(row.slice(last + 1))
    row = row.slice(first, last + 1)
    const only = row[0]!
    if (row.length > 1 || only.kind !== 'group') break
    // All of it is one link: its text needs no tag.
    lead.push(only.open)
    tail.push([only.close])
    row = only.items
  }
  const numbering: Numbering = { nextKey: 1, nextId: 1, hidden: [], ids: new Map(), isPinned: false }
  const level = planLevel(row, numbering)
  return { lead, tail: tail.toReversed().flat(), level, hidden: numbering.hidden, ids: numbering.ids }
}

/** The level as a text with tags. */
export function writeLevel({ entries }: Level): string {
  return entries
    .map((entry) => {
      switch (entry.kind) {
        case 'plain':
          return escapeTags(entry.text)
        case 'look':
          return `<${entry.id}>${escapeTags(entry.text)}</${entry.id}>`
        case 'thing':
          return `<${entry.id}/>`
        case 'group':
          return `<${entry.id}>${writeLevel(entry.level)}</${entry.id}>`
      }
    })
    .join('')
}

function isShown(item: Item): boolean {
  return (item.kind === 'text' || item.kind === 'group') && textOf([item]).trim() !== ''
}

type Numbering = {
  nextKey: number
  nextId: number
  hidden: Hidden[]
  ids: Plan['ids']
  /** After the half of a field: from here on every text has a tag, so that its place is known. */
  isPinned: boolean
}

function planLevel(items: readonly Item[], numbering: Numbering): Level {
  const base = chooseBase(items)
  const entries: Entry[] = []
  let last: Item | null = null
  let lastKey = numbering.nextKey - 1
  for (const item of items) {
    if (item.kind === 'hidden') {
      numbering.hidden.push({ after: lastKey, xml: item.xml, isPinned: item.isPinned })
      if (!item.isPinned) continue
      numbering.isPinned = true
      last = null
      continue
    }
    if (!extend(entries.at(-1), { item, last })) entries.push(enter(item, { base, numbering }))
    lastKey = numbering.nextKey - 1
    last = item
  }
  return { base: base.run, entries }
}

/** Runs that look the same are one text, whatever Word cut them for. */
function extend(entry: Entry | undefined, { item, last }: { item: Item; last: Item | null }): boolean {
  if (entry === undefined || last === null || item.kind !== last.kind) return false
  if (item.kind === 'thing' && entry.kind === 'thing') entry.xml += item.xml
  else if (item.kind === 'text' && last.kind === 'text' && item.look === last.look && 'text' in entry)
    entry.text += item.text
  else return false
  return true
}

function enter(
  item: Exclude<Item, { kind: 'hidden' }>,
  { base, numbering }: { base: TextItem; numbering: Numbering },
): Entry {
  const key = numbering.nextKey++
  if (item.kind === 'text' && item.look === base.look && !numbering.isPinned)
    return { kind: 'plain', key, text: item.text }
  const id = numbering.nextId++
  const entry = enterTagged(item, { key, id, numbering })
  numbering.ids.set(id, entry)
  return entry
}

function enterTagged(
  item: Exclude<Item, { kind: 'hidden' }>,
  { key, id, numbering }: { key: number; id: number; numbering: Numbering },
): Exclude<Entry, { kind: 'plain' }> {
  if (item.kind === 'text') return { kind: 'look', key, id, text: item.text, run: item.run }
  if (item.kind === 'thing') return { kind: 'thing', key, id, xml: item.xml }
  const level = planLevel(item.items, numbering)
  return { kind: 'group', key, endKey: numbering.nextKey++, id, open: item.open, close: item.close, level }
}

/** The look of most of the text that stands in no link; where all of it does, of the first link's. */
function chooseBase(items: readonly Item[]): TextItem {
  const lengths = new Map<string, { item: TextItem; length: number }>()
  for (const item of items) {
    if (item.kind !== 'text') continue
    const seen = lengths.get(item.look)
    lengths.set(item.look, { item: seen?.item ?? item, length: (seen?.length ?? 0) + item.text.trim().length })
  }
  const most = [...lengths.values()].reduce<{ item: TextItem | null; length: number }>(
    (best, one) => (best.item === null || one.length > best.length ? one : best),
    { item: null, length: 0 },
  )
  if (most.item !== null) return most.item
  const group = items.find((item) => item.kind === 'group' && isShown(item))
  if (group?.kind !== 'group') throw new Error('A paragraph without text has no look.')
  return chooseBase(group.items)
}
