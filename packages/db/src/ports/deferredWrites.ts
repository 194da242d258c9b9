/**
 * Writes of a transaction whose answer nobody waits for: several go to the server as one statement.
 *
 * Guarantee: they have been made before the transaction commits, and before anything reads the tables they change
 * (`flush`). Two writes never change the same row in one statement, where PostgreSQL would keep only one of them; what
 * a trigger must find (a rewrite that a stage points to) is written by a statement of its own before.
 */
import { change, requireOne, select, type Sql } from './sql.ts'

export type DeferredWrite = {
  /** The row, as table and key: a second write to it waits for the first to be made. */
  row: string
  /** An INSERT or UPDATE without RETURNING, its values as $1, $2, … */
  statement: string
  params: readonly unknown[]
  /** Told how many rows it has written. They are stored only once the transaction has committed. */
  onMade?: (count: number) => void
  /** What must be there, when the write has to find its row. */
  mustFind?: { what: string; id: string }
}

export class DeferredWrites {
  readonly #sql: Sql
  #waiting: DeferredWrite[] = []

  constructor(sql: Sql) {
    this.#sql = sql
  }

  async add(write: DeferredWrite): Promise<void> {
    if (this.#waiting.some((other) => other.row === write.row)) await this.flush()
    this.#waiting.push(write)
  }

  /** Makes the writes that wait, in one statement. */
  async flush(): Promise<void> {
    const writes = this.#waiting
    this.#waiting = []
    const [first] = writes
    if (first === undefined) return
    const counts =
      writes.length === 1 ? [await change(this.#sql, first.statement, first.params)] : await this.#makeAll(writes)
    for (const [index, { mustFind, onMade }] of writes.entries()) {
      onMade?.(counts[index]!)
      if (mustFind !== undefined) requireOne(counts[index]!, mustFind.what, mustFind.id)
    }
  }

  async #makeAll(writes: readonly DeferredWrite[]): Promise<number[]> {
    const params: unknown[] = []
    const parts = writes.map((write, index) => {
      const statement = write.statement.replaceAll(
        /\$(\d+)/g,
        (_whole, number: string) => `$${Number(number) + params.length}`,
      )
      params.push(...write.params)
      return `w${index} AS (${statement} RETURNING 1)`
    })
    const counts = writes.map((_write, index) => `(SELECT count(*)::int FROM w${index})`)
    const rows = await select<{ counts: number[] }>(
      this.#sql,
      `WITH ${parts.join(', ')} SELECT ARRAY[${counts.join(', ')}] AS counts`,
      params,
    )
    return rows[0]!.counts
  }
}
