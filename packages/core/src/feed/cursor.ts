/**
 * A viewer's place in the feeds. Opaque to clients: the id of every event on the wire and an input of every way to
 * follow. It names places in what is stored, never in this process, so it works across transports and machines.
 */
import { AppError } from '../errors.ts'

export type Cursor = {
  /** The workspace's event number the viewer has; 0 when it follows none. */
  eventSeq: number
  /** The project's revision the viewer has. */
  revision: number
  /** The rewrite whose text was sent last; 0 before any text. */
  rewriteNo: number
  attempt: number
  /** How much of that rewrite the viewer has, in UTF-16 code units. */
  length: number
}

export const startCursor: Cursor = { eventSeq: 0, revision: 0, rewriteNo: 0, attempt: 0, length: 0 }

const field = '(0|[1-9a-z][0-9a-z]{0,10})'
const shape = new RegExp(`^${field}\\.${field}\\.${field}\\.${field}\\.${field}$`)

let lastCursor: Cursor = startCursor
let lastText = '0.0.0.0.0'

/** Base 36 keeps it under 24 bytes for every project of a sane size: it is sent with each event. */
export function formatCursor(cursor: Cursor): string {
  // Viewers of one text stand at the same place: they are given the same string, which is then encoded once.
  if (!isSamePlace(cursor, lastCursor)) {
    const { eventSeq, revision, rewriteNo, attempt, length } = cursor
    lastCursor = { eventSeq, revision, rewriteNo, attempt, length }
    lastText = [eventSeq, revision, rewriteNo, attempt, length].map((number) => number.toString(36)).join('.')
  }
  return lastText
}

/** Reads what {@link formatCursor} wrote and nothing else; throws AppError('cursor.invalid'). */
export function parseCursor(text: string): Cursor {
  const fields = shape
    .exec(text)
    ?.slice(1)
    .map((digits) => Number.parseInt(digits, 36))
  if (fields === undefined || !fields.every(Number.isSafeInteger)) throw invalidCursor()
  const [eventSeq, revision, rewriteNo, attempt, length] = fields as [number, number, number, number, number]
  if (rewriteNo === 0 && (attempt !== 0 || length !== 0)) throw invalidCursor()
  return { eventSeq, revision, rewriteNo, attempt, length }
}

function invalidCursor(): AppError {
  return new AppError('cursor.invalid', 'The cursor is not one that this server gave. Follow again without a cursor.')
}

function isSamePlace(one: Cursor, other: Cursor): boolean {
  return (
    one.length === other.length &&
    one.rewriteNo === other.rewriteNo &&
    one.attempt === other.attempt &&
    one.revision === other.revision &&
    one.eventSeq === other.eventSeq
  )
}
