import { UniqueViolation } from '../ports/database.ts'
import type { Rows } from './rows.ts'
import { commitTables, type CommittedTables, type StagedTables, stageTables, type Tables } from './tables.ts'

/** What a transaction works on: its own view of the tables, and its one time. */
export interface Session {
  readonly tables: Tables
  /** The transaction's time. */
  readonly now: Date
  /** The same moment in the clock's milliseconds. */
  readonly nowMs: number
  newId(): string
  /** A job may be fetchable once this has committed. */
  wakeWorkers(): void
  /** There are new messages once this has committed. */
  tellOfDeliveries(): void
}

export type Moment = { now: Date; nowMs: number }

/** A session is open until `end`; then its tables are refused, so that an operation nobody awaited can't change rows. */
export class OpenSession implements Session {
  readonly now: Date
  readonly nowMs: number
  readonly newId: () => string
  wakes = false
  hasNewDeliveries = false
  #staged: StagedTables | null

  constructor(committed: CommittedTables, moment: Moment, newId: () => string) {
    this.now = moment.now
    this.nowMs = moment.nowMs
    this.newId = newId
    this.#staged = stageTables(committed)
  }

  get tables(): StagedTables {
    if (this.#staged === null) throw new Error('The transaction is over.')
    return this.#staged
  }

  wakeWorkers(): void {
    this.wakes = true
  }

  tellOfDeliveries(): void {
    this.hasNewDeliveries = true
  }

  commit(): void {
    commitTables(this.tables)
  }

  end(): void {
    this.#staged = null
  }
}

/** Adds a row under a key that must be free. */
export function insertRow<Row>(rows: Rows<Row>, key: string, row: Row, constraint: string): void {
  if (rows.get(key) !== undefined) throw new UniqueViolation(constraint)
  rows.put(key, row)
}

/** The row with the patch's fields in place of its own. 'now' becomes `now` in the fields named in `timeFields` only. */
export function patched<Row extends object>(
  row: Row,
  patch: object,
  stamps: { now: Date; timeFields: readonly string[] },
): Row {
  const fields = Object.entries(patch).map(([field, value]: [string, unknown]) => {
    if (value === undefined)
      throw new TypeError(`A patch sets ${field} to undefined: leave the field out, or use null.`)
    return [field, value === 'now' && stamps.timeFields.includes(field) ? stamps.now : value]
  })
  return { ...row, ...(Object.fromEntries(fields) as Partial<Row>) }
}
