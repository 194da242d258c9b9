import { z } from 'zod'
import type { Segment } from '../../ports/files.ts'
import { readRows } from '../jsonRows.ts'

/** The list the segments of a document are in. */
export const segmentsKey = 'segments'

const number = z.number('must be a number').int('must be a whole number').min(1, 'must be at least 1')
const place = z.string('must be a text').default('')

export const segmentSchema = z.object({ number, place, text: z.string('must be a text') })

/** The list the pairs are in: `readRows(text, pairsKey, pairSchema)` reads it while it grows. */
export const pairsKey = 'pairs'

/** A segment beside its translation; null while it has none: then it stays as it is. */
export const pairSchema = z.object({
  number,
  place,
  source: z.string('must be a text'),
  target: z.string('must be a text').nullable(),
})

export type Pair = z.infer<typeof pairSchema>

/** The segments of a text, those that can be read, in its order. */
export function readSegments(text: string): Segment[] {
  return readRows(text, segmentsKey, segmentSchema).rows.flatMap((read) => (read.ok ? [read.row] : []))
}

export function readPairs(text: string): Pair[] {
  return readRows(text, pairsKey, pairSchema).rows.flatMap((read) => (read.ok ? [read.row] : []))
}

/** Whether there is anything in it that another language says in another way. */
export function hasWords(text: string): boolean {
  return /\p{L}/u.test(text.replaceAll(/https?:\/\/\S+|<\/?\d+\/?>/gu, ''))
}
