import { createHash, randomUUID } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { MigrationFailed } from './errors.ts'

/** The repository's `prisma/migrations`. */
export const migrationsFolder = fileURLToPath(new URL('../../../prisma/migrations', import.meta.url))

/** The advisory lock that `prisma migrate` takes too, so that it and we never run at once. */
const advisoryLock = 72707369

/** Milliseconds to wait for another process that is migrating. */
const lockTimeoutMs = 60_000

/** As Prisma makes it, so that `prisma migrate status` and `deploy` agree with us. */
const bookkeepingTable = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at TIMESTAMPTZ,
  migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)`

interface Migration {
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

/**
 * Brings the database to the newest migration of `folder` and gives the names of those it applied. Each runs in a
 * transaction of its own, with its bookkeeping: it is applied whole or not at all. Any number of processes may call this
 * at once. Throws MigrationFailed, which names the migration.
 */
export async function migrate(pool: pg.Pool, folder: string = migrationsFolder): Promise<string[]> {
  const migrations = await readMigrations(folder)
  const client = await pool.connect()
  // Without a listener its loss would end the process; the statement under way fails of it too.
  const ignore = (): void => {}
  client.on('error', ignore)
  try {
    await lock(client)
    await client.query(bookkeepingTable)
    const applied: string[] = []
    for (const migration of migrations) if (await apply(client, migration)) applied.push(migration.name)
    return applied
  } finally {
    // A client that cannot unlock is closed, which unlocks.
    const failure = await client.query('SELECT pg_advisory_unlock($1)', [advisoryLock]).then(
      () => false,
      () => true,
    )
    client.removeListener('error', ignore)
    client.release(failure)
  }
}

/** Names of the folder's migrations that a database lacks, and of those that are not what was applied to it. */
export type MigrationState = { pending: string[]; changed: string[]; failed: string[] }

/** What a start would find; changes nothing. */
export async function readMigrationState(pool: pg.Pool, folder: string = migrationsFolder): Promise<MigrationState> {
  const { rows: tables } = await pool.query<{ found: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS found`,
  )
  const { rows } = tables[0]?.found
    ? await pool.query<{ name: string; checksum: string; finished: boolean }>(
        `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished FROM _prisma_migrations
         WHERE rolled_back_at IS NULL ORDER BY started_at`,
      )
    : { rows: [] }
  const applied = new Map(rows.map((row) => [row.name, row]))
  const state: MigrationState = { pending: [], changed: [], failed: [] }
  for (const { name, checksum } of await readMigrations(folder)) {
    const row = applied.get(name)
    if (row === undefined) state.pending.push(name)
    else if (!row.finished) state.failed.push(name)
    else if (row.checksum !== checksum) state.changed.push(name)
  }
  return state
}

/** A digest of all migrations of the folder: two folders with the same digest make the same database. */
export async function digestMigrations(folder: string = migrationsFolder): Promise<string> {
  const hash = createHash('sha256')
  for (const { name, checksum } of await readMigrations(folder)) hash.update(`${name} ${checksum}\n`)
  return hash.digest('hex')
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
  return Promise.all(names.toSorted().map((name) => readMigration(folder, name)))
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  try {
    const text = await readFile(path.join(folder, name, 'migration.sql'), 'utf8')
    const sql = text.replaceAll('\r\n', '\n') // a checkout on Windows is not a changed migration
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
  } catch (cause) {
    throw new MigrationFailed(`Migration ${name} has no readable migration.sql.`, { cause })
  }
}

/** Waits by asking again: `pg_advisory_lock` would wait for ever behind a process that hangs. */
async function lock(client: pg.PoolClient): Promise<void> {
  for (const deadline = Date.now() + lockTimeoutMs; Date.now() < deadline; await delay(100)) {
    const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      advisoryLock,
    ])
    if (rows[0]?.locked) return
  }
  throw new MigrationFailed('Another process has been migrating the database for a minute; stop it and start again.')
}

/** Gives whether the migration had to be applied. */
async function apply(client: pg.PoolClient, migration: Migration): Promise<boolean> {
  try {
    await client.query('BEGIN')
    // Asked inside of the transaction: on an embedded database all callers share one session and so have the advisory
    // lock at once; there it is the transaction that keeps the others out.
    const isNew = !(await isApplied(client, migration))
    if (isNew) {
      await client.query(migration.sql)
      await client.query(
        `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
         VALUES ($1, $2, $3, now(), 1)`,
        [randomUUID(), migration.checksum, migration.name],
      )
    }
    await client.query('COMMIT')
    return isNew
  } catch (cause) {
    await client.query('ROLLBACK').catch(() => {}) // the connection is lost; its transaction with it
    if (cause instanceof MigrationFailed) throw cause
    throw new MigrationFailed(`Migration ${migration.name} failed and was rolled back: ${(cause as Error).message}.`, {
      cause,
    })
  }
}

async function isApplied(client: pg.PoolClient, { name, checksum }: Migration): Promise<boolean> {
  const { rows } = await client.query<{ checksum: string; finished: boolean }>(
    `SELECT checksum, finished_at IS NOT NULL AS finished FROM _prisma_migrations
     WHERE migration_name = $1 AND rolled_back_at IS NULL ORDER BY started_at DESC LIMIT 1`,
    [name],
  )
  const row = rows[0]
  if (row === undefined) return false
  if (!row.finished) {
    throw new MigrationFailed(`Migration ${name} is marked as failed; repair it with "prisma migrate resolve".`)
  }
  if (row.checksum !== checksum) throw new MigrationFailed(`Migration ${name} was changed after it was applied.`)
  return true
}
