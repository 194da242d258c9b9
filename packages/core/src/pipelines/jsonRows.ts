import type { z } from 'zod'
import { advance, startScan } from './jsonScan.ts'

/**
 * Reads the rows of `{"<key>":[{…},{…}]}` from a text that is still growing: each row as its object closes. What stands
 * before and after (a byte order mark, a fence, talk) is passed over.
 *
 * Guarantee: never throws, whatever the text, cut wherever it is; each character is looked at once, however many times
 * the growing text is read; rows already given keep their identity.
 */
export type Row<T> =
  | { ok: true; row: T; start: number; end: number }
  /** `field` names where in the row the problem is, null when the row as a whole can't be read. */
  | { ok: false; raw: string; problem: string; field: string | null; start: number; end: number }

export type RowsView<T> = {
  rows: readonly Row<T>[]
  /** The piece of the row still coming, from its first character on; null between rows. */
  pending: string | null
  /** True once the list is closed. */
  complete: boolean
}

export type RowReader<T> = {
  /** Takes the whole text so far, which must begin with the text read before; a text that plainly does not is read from its start. */
  read(text: string): RowsView<T>
}

/** Reads all rows of a text at once. `start` and `end` are offsets in UTF-16 units, the row being `text.slice(start, end)`. */
export function readRows<T>(text: string, key: string, schema: z.ZodType<T>): RowsView<T> {
  return createRowReader(key, schema).read(text)
}

/** Makes a reader that goes on where it was. `key` must be plain letters. */
export function createRowReader<T>(key: string, schema: z.ZodType<T>): RowReader<T> {
  let scan = startScan()
  let rows: readonly Row<T>[] = []
  let tail = ''
  return {
    read(text) {
      if (!continues(text, scan.at, tail)) {
        scan = startScan()
        rows = []
      }
      const found: Row<T>[] = []
      let isNewList = false
      advance(scan, text, `"${key}"`, {
        onList() {
          isNewList = true
          found.length = 0
        },
        onRow: (start, end) => found.push(parseRow(text, start, end, schema)),
      })
      if (isNewList) rows = found
      else if (found.length > 0) rows = [...rows, ...found]
      tail = text.slice(Math.max(0, scan.at - tailLength), scan.at)
      return { rows, pending: scan.state === 'inside' ? text.slice(scan.rowStart) : null, complete: scan.complete }
    },
  }
}

/** Enough to notice a text that was replaced rather than continued, without comparing all of it each time. */
const tailLength = 48

function continues(text: string, at: number, tail: string): boolean {
  return text.length >= at && text.slice(at - tail.length, at) === tail
}

function parseRow<T>(text: string, start: number, end: number, schema: z.ZodType<T>): Row<T> {
  const raw = text.slice(start, end)
  const value = parseJson(raw)
  if (!value.ok) return { ok: false, raw, problem: value.problem, field: null, start, end }
  const parsed = schema.safeParse(value.value)
  if (parsed.success) return { ok: true, row: parsed.data, start, end }
  return { ok: false, raw, ...describeProblem(parsed.error), start, end }
}

/** The first thing a schema found wrong, as words and the field they are about. */
export function describeProblem(error: z.ZodError): { problem: string; field: string | null } {
  const issue = error.issues[0]
  const field = issue === undefined || issue.path.length === 0 ? null : issue.path.join('.')
  return { problem: issue?.message ?? 'not as it should be', field }
}

/** JSON.parse with its failure as a value. */
export function parseJson(text: string): { ok: true; value: unknown } | { ok: false; problem: string } {
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) }
  }
}
