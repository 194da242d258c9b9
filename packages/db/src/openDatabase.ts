import path from 'node:path'
import pg from 'pg'
import { PrismaPg } from '@prisma/adapter-pg'
import { EmbeddedDatabase, type EmbeddedOptions } from './embedded/embeddedDatabase.ts'
import { lockFolder, type FolderLock } from './embedded/folderLock.ts'
import type { EmbeddedDatabaseFailed } from './errors.ts'
import { PrismaClient } from './generated/prisma/client.ts'
import { migrate, migrationsFolder } from './migrate.ts'
import { checkServer, poolConfigOf } from './postgresServer.ts'

export interface DatabaseLogEntry {
  readonly level: 'info' | 'warn'
  readonly message: string
  readonly error?: unknown
}

export interface OpenDatabaseOptions {
  /** A PostgreSQL server, 15 or newer; without it the database is embedded in `dataDir`. */
  readonly url?: string | undefined
  /** Folder of the embedded database, made if missing. Not touched when there is a `url`. */
  readonly dataDir: string
  /** The folder's lock, where the caller holds it already; it is released with the database. */
  readonly lock?: FolderLock | undefined
  /** `nothing`: for who only wants to look. By default the newest migration is applied. */
  readonly migrateTo?: 'newest' | 'nothing'
  readonly log?: (entry: DatabaseLogEntry) => void
  /** The embedded database went away while in use: the process cannot go on and should say so and end. */
  readonly onFailure?: (error: EmbeddedDatabaseFailed) => void
}

export interface Database {
  readonly pool: pg.Pool
  /** For connections of one's own (LISTEN, pg-boss): the same database in the same way as `pool`. */
  readonly poolConfig: pg.PoolConfig
  readonly prisma: PrismaClient
  readonly embedded: boolean
  /** Ends the connections, then the embedded database, then the folder's lock. Idempotent. */
  close(): Promise<void>
}

/** What a database is reached through, and what must be closed after the pool. */
export interface Backend {
  readonly poolConfig: pg.PoolConfig
  readonly embedded: boolean
  close(): Promise<void>
}

/** Milliseconds that clients still in use may keep `close()` waiting. */
const drainTimeoutMs = 5_000

/**
 * Opens the database and brings it to the newest migration. Throws a DatabaseError, whose message is one sentence to show:
 * DataFolderLocked, DataFolderUnusable, EmbeddedDatabaseFailed, DatabaseUrlInvalid, DatabaseUnreachable, DatabaseTooOld,
 * MigrationFailed. Whatever it opened before it failed is closed again.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const log = options.log ?? (() => {})
  const { url } = options
  const backend = url === undefined ? await openFolder(options, log) : await openServer(url)
  const database = connectDatabase(backend, log)
  try {
    if (options.migrateTo === 'nothing') return database
    const applied = url === undefined ? await migrate(database.pool, migrationsFolder) : await migrateServer(url)
    if (applied.length > 0) log({ level: 'info', message: `Applied migrations: ${applied.join(', ')}` })
    return database
  } catch (error) {
    await database.close()
    throw error
  }
}

/** A migration may take its time. */
async function migrateServer(url: string): Promise<string[]> {
  const pool = new pg.Pool({ ...poolConfigOf(url, null), max: 1 })
  pool.on('error', () => {}) // what it would say is thrown by the call under way
  try {
    return await migrate(pool, migrationsFolder)
  } finally {
    await pool.end()
  }
}

/** A pool and a Prisma client on a backend, which they own from now on. */
export function connectDatabase(backend: Backend, log: (entry: DatabaseLogEntry) => void): Database {
  const pool = new pg.Pool(backend.poolConfig)
  // Without a listener the loss of an idle connection would end the process; the pool replaces it by itself.
  pool.on('error', (error) => log({ level: 'warn', message: 'An idle database connection was lost', error }))
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  let closed: Promise<void> | undefined
  const close = async () => {
    await prisma.$disconnect()
    await endPool(pool)
    await backend.close()
  }
  return { pool, poolConfig: backend.poolConfig, prisma, embedded: backend.embedded, close: () => (closed ??= close()) }
}

async function openServer(url: string): Promise<Backend> {
  const poolConfig = poolConfigOf(url)
  await checkServer(url, poolConfig)
  return { poolConfig, embedded: false, close: async () => {} }
}

async function openFolder(options: OpenDatabaseOptions, log: (entry: DatabaseLogEntry) => void): Promise<Backend> {
  const lock = options.lock ?? (await lockFolder(options.dataDir))
  const embeddedOptions: EmbeddedOptions = {
    folder: path.resolve(options.dataDir, 'pg'),
    onWarning: (message) => log({ level: 'warn', message: `Upkeep of the embedded database failed: ${message}` }),
    ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
  }
  try {
    const database = await EmbeddedDatabase.start(embeddedOptions)
    const close = async () => {
      await database.close()
      await lock.release() // last: the next process may open the files from here on
    }
    return { poolConfig: database.poolConfig, embedded: true, close }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** A client that is never given back must not keep the process from ending. */
async function endPool(pool: pg.Pool): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, drainTimeoutMs)
  await Promise.race([pool.end(), promise])
  clearTimeout(timer)
}
