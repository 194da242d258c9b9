import type { Prisma } from '../generated/prisma/client.ts'

/** Where statements go: inside a transaction its own client, and nothing else (embedded is one session). */
export type Sql = Prisma.TransactionClient

export type Row = Record<string, unknown>

/** Runs one statement of our own and gives its rows. */
export async function select<R extends object = Row>(
  sql: Sql,
  statement: string,
  params: readonly unknown[] = [],
): Promise<R[]> {
  return sql.$queryRawUnsafe<R[]>(statement, ...params)
}

/** Runs one statement of our own and gives the number of rows it changed. */
export async function change(sql: Sql, statement: string, params: readonly unknown[]): Promise<number> {
  return sql.$executeRawUnsafe(statement, ...params)
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** What is no UUID names no row of ours; PostgreSQL would refuse the statement instead of finding nothing. */
export function isUuid(id: string): boolean {
  return uuidPattern.test(id)
}

/** A statement that had to find its row found none. */
export function requireOne(count: number, what: string, id: string): void {
  if (count !== 1) throw new Error(`There is no ${what} ${id} in the database.`)
}
