import type { FieldKind, Shape } from './shapes.ts'
import type { Row } from './sql.ts'

/** The columns of a record, named as its fields: `p.created_at AS "createdAt", …`. */
export function columnsOf<T>(shape: Shape<T>, table: string): string {
  return fieldsOf(shape)
    .map(([field]) => `${table}.${columnOf(field)} AS "${field}"`)
    .join(', ')
}

/** A record as one JSON object, for looks that gather several tables in one statement. */
export function jsonOf<T>(shape: Shape<T>, table: string): string {
  return `json_build_object(${fieldsOf(shape)
    .map(([field]) => `'${field}', ${table}.${columnOf(field)}`)
    .join(', ')})`
}

/** A record from a row of {@link columnsOf} or an object of {@link jsonOf}: JSON has times as text, rows bigints. */
export function readRow<T>(shape: Shape<T>, row: Row): T {
  return Object.fromEntries(fieldsOf(shape).map(([field, kind]) => [field, readValue(row[field], kind)])) as T
}

/** As {@link readRow}, for an array made by `json_agg`, which is null when there was no row. */
export function readRows<T>(shape: Shape<T>, rows: Row[] | null): T[] {
  return (rows ?? []).map((row) => readRow(shape, row))
}

/**
 * The SET list of a patch, its values as parameters after the given ones. 'now' in a time is the transaction's time.
 * Throws TypeError for `undefined`, which would leave it open whether the field was meant.
 */
export function assignmentsOf(
  shape: Shape<unknown>,
  patch: object,
  params: readonly unknown[],
): { set: string; params: unknown[] } {
  const all = [...params]
  const kinds: Record<string, FieldKind> = shape
  const sets = Object.entries(patch).map(([field, value]: [string, unknown]) => {
    const kind = kinds[field]
    if (kind === undefined) throw new TypeError(`A patch names ${field}, which the record does not have.`)
    if (value === undefined)
      throw new TypeError(`A patch sets ${field} to undefined: leave the field out, or use null.`)
    if (kind === 'time' && value === 'now') return `${columnOf(field)} = now()`
    all.push(writeValue(value, kind))
    return `${columnOf(field)} = $${all.length}${casts[kind]}`
  })
  return { set: sets.join(', '), params: all }
}

const casts: Record<FieldKind, string> = { plain: '', count: '', time: '::timestamptz', json: '::jsonb' }

function readValue(value: unknown, kind: FieldKind): unknown {
  if (value === null || value === undefined) return null
  if (kind === 'count') return Number(value)
  if (kind === 'time') return value instanceof Date ? value : new Date(value as string)
  return value
}

function writeValue(value: unknown, kind: FieldKind): unknown {
  if (value === null) return null
  if (kind === 'json') return JSON.stringify(value)
  if (kind === 'time') return (value as Date).toISOString()
  return value
}

function fieldsOf(shape: object): [string, FieldKind][] {
  return Object.entries<FieldKind>(shape as Record<string, FieldKind>)
}

/** `currentRewriteId` is stored in `current_rewrite_id`. */
function columnOf(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
