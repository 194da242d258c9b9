import pg from 'pg'

/** A statement as this process sent it to a database. */
export type Statement = { sql: string; values: readonly unknown[] }

export type StatementLog = {
  readonly statements: readonly Statement[]
  stop(): void
}

/** Writes down every statement that any client of `pg` in this process sends, until it is stopped. */
export function logStatements(): StatementLog {
  const statements: Statement[] = []
  const { prototype } = pg.Client
  const query = prototype.query as (...given: unknown[]) => unknown
  prototype.query = function logged(this: pg.Client, ...given: unknown[]): unknown {
    statements.push(read(given))
    return query.apply(this, given)
  } as typeof prototype.query
  return { statements, stop: () => void (prototype.query = query as typeof prototype.query) }
}

function read([first, second]: unknown[]): Statement {
  if (typeof first === 'string') return { sql: first, values: Array.isArray(second) ? second : [] }
  const { text, values } = first as { text: string; values?: unknown[] }
  return { sql: text, values: values ?? (Array.isArray(second) ? second : []) }
}

/** What a statement is for: the queue's own upkeep and the frame of transactions are not what the program asks for. */
export function kindOf({ sql }: Statement): 'queue' | 'transaction' | 'chunk' | 'other' {
  if (/\bpgboss\b/.test(sql)) return 'queue'
  if (/^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET|DEALLOCATE|LISTEN)\b/i.test(sql)) return 'transaction'
  return /INSERT INTO chunks/.test(sql) ? 'chunk' : 'other'
}

/** The bytes of all values of a statement as they go to the database, in UTF-8. */
export function sizeOf({ values }: Statement): number {
  return values.reduce<number>((sum, value) => sum + sizeOfValue(value), 0)
}

function sizeOfValue(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + sizeOfValue(item), 0)
  if (value instanceof Uint8Array) return value.length
  if (typeof value === 'string') return Buffer.byteLength(value)
  return value === null || value === undefined ? 0 : JSON.stringify(value).length
}
