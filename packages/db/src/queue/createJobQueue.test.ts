import { randomUUID } from 'node:crypto'
import { DatabaseUnavailable } from '@stagewright/core'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openTestStorage, type TestStorage } from '../testing/openTestStorage.ts'
import { testDatabaseKinds } from '../testing/index.ts'
import { BossDatabase } from './bossDatabase.ts'
import { createJobQueue } from './createJobQueue.ts'
import { wakeChannel } from './jobTable.ts'

describe.each(testDatabaseKinds)('the queue on %s', (kind) => {
  let storage: TestStorage
  beforeAll(async () => {
    storage = await openTestStorage(kind)
  })
  afterAll(() => storage?.close())
  afterEach(() => storage.opened.pool.query('DELETE FROM pgboss.job'))

  const send = () => storage.database.transaction((tx) => tx.sendJob({ taskId: randomUUID(), projectId: randomUUID() }))
  const jobStates = async () => {
    const { rows } = await storage.opened.pool.query<{ state: string }>(
      `SELECT state::text FROM pgboss.job WHERE name = 'tasks'`,
    )
    return rows.map((row) => row.state)
  }
  /** Settles at the queue's next wake; from the call on, not from the await on. */
  const nextWake = (queue = storage.queue) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stop = queue.onWake(resolve)
    return promise.finally(stop)
  }

  // The first: pg-boss deletes only every few minutes.
  it('deletes jobs that were completed long ago, though pg-boss supervises nothing by itself', async () => {
    await send()
    await send()
    const [done] = await storage.queue.fetch(1)
    await storage.queue.complete(done!)
    expect((await jobStates()).toSorted()).toEqual(['completed', 'created'])
    await storage.opened.pool.query(
      `UPDATE pgboss.job SET completed_on = completed_on - interval '2 hours' WHERE state = 'completed'`,
    )
    await storage.queue.supervise()
    expect(await jobStates()).toEqual(['created'])
  })

  it('starts and stops any number of times, and again beside another of the same database', async () => {
    const { poolConfig, embedded } = storage.opened
    const other = createJobQueue({ poolConfig, embedded })
    await Promise.all([other.start(), other.start(), storage.queue.start()])
    await send()
    expect(await other.fetch(10)).toHaveLength(1)
    await Promise.all([other.stop(), other.stop()])
    await expect(other.fetch(1)).rejects.toBeInstanceOf(DatabaseUnavailable)
  })

  it('D20 lets its very first job be sent inside a transaction', async () => {
    const { poolConfig, embedded, prisma } = storage.opened
    const fresh = createJobQueue({ poolConfig, embedded })
    await fresh.start()
    try {
      // pg-boss has to know the queue without asking: embedded, the answer would wait for this transaction.
      const job = { taskId: randomUUID(), projectId: randomUUID() }
      await prisma.$transaction((sql) => fresh.sender.send(sql, job), { timeout: 5_000 })
      expect(await fresh.fetch(1)).toMatchObject([job])
    } finally {
      await fresh.stop()
    }
  })

  it('D22 wakes every process when a job is sent, given back or taken back', async () => {
    const { poolConfig, embedded } = storage.opened
    const other = createJobQueue({ poolConfig, embedded })
    await other.start()
    try {
      const reasons: (() => Promise<unknown>)[] = [
        send,
        async () => storage.queue.release((await storage.queue.fetch(1))[0]!),
        async () => {
          await storage.queue.fetch(1)
          await storage.expireLeases()
          await storage.queue.supervise()
        },
      ]
      for (const act of reasons) {
        const woken = Promise.all([nextWake(), nextWake(other)])
        await act()
        expect(await woken).toHaveLength(2)
      }
    } finally {
      await other.stop()
    }
  })

  it('keeps no session in a failed transaction: one text with several statements may fail', async () => {
    const database = new BossDatabase(storage.opened.poolConfig, { onWake: () => {}, onLost: () => {} })
    try {
      await expect(database.executeSql('BEGIN; SELECT 1 / 0; COMMIT;')).rejects.toThrow('division by zero')
      for (let count = 0; count < 3; count++)
        expect((await database.executeSql('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
      await storage.opened.pool.query('SELECT 1') // embedded, it would wait for that transaction
    } finally {
      await database.close()
    }
  })

  it('D35 takes nothing back when what was to do it comes late, as after a database that hung', async () => {
    /** As if the rest had been on its way for three seconds. */
    class LateClient extends pg.Client {
      constructor(config?: pg.ClientConfig) {
        super(config)
        const query = this.query.bind(this) as (text: unknown, ...rest: unknown[]) => unknown
        const late = (text: unknown, ...rest: unknown[]): unknown =>
          query(
            typeof text === 'string'
              ? text.replace('SELECT pgboss.job_now()', `SELECT (pgboss.job_now() - interval '3 s')`)
              : text,
            ...rest,
          )
        this.query = late as pg.Client['query']
      }
    }
    const { poolConfig, embedded } = storage.opened
    const late = createJobQueue({ poolConfig: { ...poolConfig, Client: LateClient }, embedded })
    await late.start()
    try {
      await send()
      const [job] = await storage.queue.fetch(1)
      await storage.expireLeases()
      expect(await late.supervise()).toBe(0)
      expect(await storage.queue.touch([job!])).toEqual([job!.id])
      await storage.expireLeases()
      expect(await storage.queue.supervise()).toBe(1)
    } finally {
      await late.stop()
    }
  })

  it('D21 never ends a job for its tries or its age', async () => {
    await send()
    const [job] = await storage.queue.fetch(1)
    await storage.opened.pool.query(
      `UPDATE pgboss.job SET started_on = now() - interval '23 hours', retry_count = 999999`,
    )
    await storage.queue.touch([{ ...job!, retryCount: 999_999 }])
    await storage.queue.supervise()
    expect(await jobStates()).toEqual(['active'])
    await storage.expireLeases()
    expect(await storage.queue.supervise()).toBe(1)
    expect((await storage.queue.fetch(1))[0]?.retryCount).toBe(1_000_000)
  })
})

describe('the queue on a server', () => {
  it('wakes again by itself after its listening connection was cut', async () => {
    const storage = await openTestStorage('postgres')
    try {
      const wakes: (() => void)[] = []
      storage.queue.onWake(() => wakes.shift()?.())
      const wake = () => new Promise<void>((resolve) => wakes.push(resolve))
      const reconnected = wake() // a new connection wakes, for what was missed
      await storage.opened.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN "${wakeChannel}"'`,
      )
      await reconnected
      const sent = wake()
      await storage.database.transaction((tx) => tx.sendJob({ taskId: randomUUID(), projectId: randomUUID() }))
      await sent
      expect(await storage.queue.fetch(1)).toHaveLength(1)
    } finally {
      await storage.close()
    }
  })
})
