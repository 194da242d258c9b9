import { randomUUID } from 'node:crypto'
import { DatabaseUnavailable } from '@stagewright/core'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PrismaClient } from './generated/prisma/client.ts'
import { createDatabase } from './ports/createDatabase.ts'
import { poolConfigOf } from './postgresServer.ts'
import { BossDatabase } from './queue/bossDatabase.ts'
import { openTestStorage, type TestStorage } from './testing/openTestStorage.ts'
import { Way } from './testing/way.ts'

let storage: TestStorage
beforeAll(async () => {
  storage = await openTestStorage('postgres')
})
afterAll(() => storage?.close())

/** Long enough for what does not hang, on a busy machine. */
const limitMs = 800

/** The ports on a pool of their own, with a short limit, over a way that can be held. */
async function connect() {
  const way = new Way(storage.opened.url!)
  const poolConfig = poolConfigOf(await way.open(), limitMs)
  const pool = new pg.Pool({ ...poolConfig, max: 3, connectionTimeoutMillis: limitMs })
  pool.on('error', () => {})
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  const close = async (): Promise<void> => {
    way.release()
    await prisma.$disconnect()
    await pool.end()
    await way.cut()
  }
  const database = createDatabase({ prisma, pool, queue: storage.queue })
  return { way, poolConfig, pool, database, [Symbol.asyncDispose]: close }
}

const write = { rewriteId: randomUUID(), attempt: 1, offset: 0, text: 'x' }

describe('a database that hangs', () => {
  it('M13 is given up in time, whichever call it is, and counts as away; then all goes on', async () => {
    await using connected = await connect()
    const { way, pool, database } = connected
    const calls: (() => Promise<unknown>)[] = [
      () => database.transaction((tx) => tx.now()),
      () => database.projectHead(randomUUID()),
      () => database.appendChunks([write]),
    ]
    await Promise.all(calls.map((call) => call()))
    way.hold()
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(pool.idleCount).toBe(0)
    way.release()
    for (let round = 0; round < 5; round += 1) await Promise.all(calls.map((call) => call()))
  })

  it('M13 in the middle of a transaction ends that, and leaves no connection that waits behind it', async () => {
    await using connected = await connect()
    const { way, pool, database } = connected
    const cut = database.transaction(async (tx) => {
      await tx.now()
      way.hold()
      await tx.now()
    })
    await expect(cut).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(pool.idleCount).toBe(0)
    way.release()
    expect(await database.workspacesOf('u')).toHaveLength(1)
  })

  it('M13 is given up by the queue too, whose process lives on', async () => {
    await using connected = await connect()
    const { way, poolConfig } = connected
    const queue = new BossDatabase(poolConfig, { onWake: () => {}, onLost: () => {} })
    try {
      await queue.executeSql('SELECT 1')
      way.hold()
      await expect(queue.executeSql('SELECT 1')).rejects.toThrow('Connection terminated')
      way.release()
      expect((await queue.executeSql('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
      await expect(queue.executeSql('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toThrow('terminat')
    } finally {
      await queue.close()
    }
  })

  it('M13 a statement that waits for a lock is ended by the server, and counts as away', async () => {
    await using connected = await connect()
    const { pool, database } = connected
    await database.workspacesOf('u')
    const holder = await storage.opened.pool.connect()
    try {
      await holder.query('BEGIN; LOCK TABLE rewrites IN ACCESS EXCLUSIVE MODE')
      await expect(database.appendChunks([write])).rejects.toBeInstanceOf(DatabaseUnavailable)
      await expect(database.rewriteByNo(randomUUID(), 1)).rejects.toBeInstanceOf(DatabaseUnavailable)
    } finally {
      await holder.query('ROLLBACK')
      holder.release()
    }
    expect(await database.appendChunks([write])).toEqual([])
    expect(pool.idleCount).toBeGreaterThan(0)
  })

  it('M13 a process that falls silent in a transaction keeps its locks no longer', async () => {
    await using connected = await connect()
    const { pool } = connected
    const silent = await pool.connect()
    const gone = new Promise((resolve) => silent.on('error', resolve))
    await silent.query('BEGIN; LOCK TABLE rewrites IN ACCESS EXCLUSIVE MODE')
    expect(await storage.database.rewriteByNo(randomUUID(), 1)).toBeNull()
    await gone
    silent.release(true)
  })

  it('is not what a connection is that only rests, or that answers one statement after another', async () => {
    await using connected = await connect()
    const { pool } = connected
    const client = await pool.connect()
    client.on('error', () => {})
    try {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
      const many = Array.from({ length: 5 }, () => client.query(`SELECT pg_sleep(${(limitMs * 0.4) / 1_000})`))
      await Promise.all(many)
      await storage.opened.pool.query(`SELECT pg_sleep(${(limitMs * 1.2) / 1_000})`)
      expect((await client.query('SELECT pg_backend_pid() AS pid')).rows).toEqual(rows)
    } finally {
      client.release()
    }
  })
})
