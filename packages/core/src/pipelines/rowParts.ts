import type { z } from 'zod'
import type { Part } from '../engine/definition.ts'
import { readRows } from './jsonRows.ts'

/** Each row that can be read as a part that can be changed alone, called by its number. */
export function readRowParts(
  text: string,
  key: string,
  schema: z.ZodType<{ number: number; place: string }>,
): readonly Part[] {
  return readRows(text, key, schema).rows.flatMap((read) =>
    read.ok ? [{ key: String(read.row.number), title: read.row.place, start: read.start, end: read.end }] : [],
  )
}
