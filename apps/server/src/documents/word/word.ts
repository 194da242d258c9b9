/**
 * Word documents. A paragraph is one segment; a run is translated in its place, and everything else of the file stays
 * byte for byte: what is not XML with text is carried over as it is stored.
 *
 * Left alone: text boxes, charts, diagrams, deleted text of tracked changes, and what Word works out itself.
 */
import type { Segment } from '@stagewright/core'
import { hasWords, cleanTarget } from '../parts.ts'
import { unreadable } from '../refusal.ts'
import { inflateEntry } from '../zip/inflateEntry.ts'
import { openZip, type ZipEntry } from '../zip/openZip.ts'
import { writeZip } from '../zip/writeZip.ts'
import { composeParagraph } from './compose.ts'
import { textOf } from './items.ts'
import { readParagraphs, type Paragraph } from './paragraphs.ts'
import { planParagraph, writeLevel, type Plan } from './plan.ts'
import { readItems } from './readItems.ts'
import { childOf } from './xmlTree.ts'
import { partsWithText, readTypes, roots, type WordPart } from './wordParts.ts'

export async function* readWord(content: Uint8Array, signal: AbortSignal): AsyncGenerator<Segment> {
  const { parts } = await openWord(content, signal)
  let number = 0
  for (const part of parts) {
    for await (const piece of paragraphsOf(part, signal)) {
      const plan = piece.kind === 'paragraph' ? planOf(piece.paragraph) : null
      if (plan === null || piece.kind === 'kept') continue
      yield { number: ++number, place: piece.paragraph.place, text: writeLevel(plan.level).trim() }
    }
  }
}

export async function* writeWord(
  content: Uint8Array,
  targets: ReadonlyMap<number, string>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const { entries, parts } = await openWord(content, signal)
  const counter = { number: 0 }
  const texts = new Map<ZipEntry, AsyncIterable<Uint8Array>>()
  // Numbers go through the parts in reading order, which need not be the order of the archive: counted beforehand.
  for (const part of parts) {
    const first = counter.number
    counter.number += await countSegments(part, signal)
    texts.set(part.entry, translate(part, { targets, first, signal }))
  }
  yield* writeZip(entries.map((entry) => ({ entry, content: texts.get(entry) ?? null })))
}

async function openWord(content: Uint8Array, signal: AbortSignal): Promise<{ entries: ZipEntry[]; parts: WordPart[] }> {
  const entries = await openZip(content)
  const types = await readTypes(entries, signal)
  const parts = types === null ? [] : partsWithText(entries, types)
  if (!parts.some(({ kind }) => kind === 'document')) throw unreadable('it is no Word document')
  return { entries, parts }
}

function paragraphsOf({ entry, kind }: WordPart, signal: AbortSignal): ReturnType<typeof readParagraphs> {
  return readParagraphs(inflateEntry(entry, signal), { kind, root: roots[kind] })
}

function planOf({ element, slice }: Paragraph): Plan | null {
  const items = readItems(element, slice)
  return hasWords(textOf(items)) ? planParagraph(items) : null
}

async function countSegments(part: WordPart, signal: AbortSignal): Promise<number> {
  let count = 0
  for await (const piece of paragraphsOf(part, signal))
    if (piece.kind === 'paragraph' && planOf(piece.paragraph) !== null) count += 1
  return count
}

type Translation = { targets: ReadonlyMap<number, string>; first: number; signal: AbortSignal }

async function* translate(part: WordPart, { targets, first, signal }: Translation): AsyncGenerator<Uint8Array> {
  let number = first
  const encoder = new TextEncoder()
  for await (const piece of paragraphsOf(part, signal)) {
    if (piece.kind === 'kept') {
      yield encoder.encode(piece.source)
      continue
    }
    const { paragraph } = piece
    const plan = planOf(paragraph)
    if (plan !== null) number += 1
    const target = plan === null ? '' : cleanTarget(targets.get(number) ?? '')
    yield encoder.encode(plan === null || target === '' ? wholeOf(paragraph) : rewrite(paragraph, { plan, target }))
  }
}

function wholeOf({ element, slice }: Paragraph): string {
  return slice(element.start, element.end)
}

function rewrite({ element, slice }: Paragraph, { plan, target }: { plan: Plan; target: string }): string {
  const start = childOf(element, 'pPr')?.end ?? element.openEnd
  return `${slice(element.start, start)}${composeParagraph(plan, target)}${slice(element.closeStart, element.end)}`
}
