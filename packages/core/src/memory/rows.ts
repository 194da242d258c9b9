import { copyOf } from './copyOf.ts'

/** Rows by key. What goes in and what comes out is copied. `all` is in order of insertion. */
export interface Rows<Row> {
  get(key: string): Row | undefined
  all(): Row[]
  put(key: string, row: Row): void
  remove(key: string): void
}

export class CommittedRows<Row> implements Rows<Row> {
  readonly #rows = new Map<string, Row>()

  get(key: string): Row | undefined {
    return copyOf(this.#rows.get(key))
  }

  all(): Row[] {
    return this.entries().map(([, row]) => row)
  }

  entries(): [string, Row][] {
    return [...this.#rows].map(([key, row]) => [key, copyOf(row)])
  }

  put(key: string, row: Row): void {
    this.#rows.set(key, copyOf(row))
  }

  remove(key: string): void {
    this.#rows.delete(key)
  }
}

/** What one transaction sees: the committed rows with its own changes laid over them, until `commit` moves these down. */
export class StagedRows<Row> implements Rows<Row> {
  readonly #committed: CommittedRows<Row>
  /** null marks a removed row. */
  readonly #changes = new Map<string, Row | null>()

  constructor(committed: CommittedRows<Row>) {
    this.#committed = committed
  }

  get(key: string): Row | undefined {
    const change = this.#changes.get(key)
    if (change === undefined) return this.#committed.get(key)
    return change === null ? undefined : copyOf(change)
  }

  all(): Row[] {
    const rows = new Map<string, Row | null>(this.#committed.entries())
    for (const [key, row] of this.#changes) rows.set(key, row)
    return [...rows.values()].filter((row) => row !== null).map(copyOf)
  }

  put(key: string, row: Row): void {
    this.#changes.set(key, copyOf(row))
  }

  remove(key: string): void {
    this.#changes.set(key, null)
  }

  commit(): void {
    for (const [key, row] of this.#changes) {
      if (row === null) this.#committed.remove(key)
      else this.#committed.put(key, row)
    }
    this.#changes.clear()
  }
}
