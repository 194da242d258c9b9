import { randomUUID } from 'node:crypto'
import type { BellKey } from '@stagewright/core'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { DatabaseLogEntry } from '../openDatabase.ts'
import { poolConfigOf } from '../postgresServer.ts'
import { openTestDatabase, type TestDatabase } from '../testing/index.ts'
import { Way } from '../testing/way.ts'
import { bellChannel, createSharedDoorbell, type SharedDoorbell } from './createSharedDoorbell.ts'

let database: TestDatabase
/** Another who listens, to see what goes over the wire. */
let watcher: pg.Client
let payloads: string[] = []
const bells: SharedDoorbell[] = []

beforeAll(async () => {
  database = await openTestDatabase('postgres')
  watcher = new pg.Client({ connectionString: database.url })
  await watcher.connect()
  await watcher.query(`LISTEN ${bellChannel}`)
  watcher.on('notification', ({ payload }) => payloads.push(payload ?? ''))
})
afterEach(async () => {
  await Promise.all(bells.splice(0).map((bell) => bell.stop()))
  await watcher.query('SELECT 1') // what was sent until now has come
  payloads = []
})
afterAll(async () => {
  await watcher?.end()
  await database?.close()
})

const key = (kind = 'project'): BellKey => `${kind}:${randomUUID()}` as BellKey
const open = async (poolConfig = database.poolConfig, log: DatabaseLogEntry[] = []): Promise<SharedDoorbell> => {
  const bell = createSharedDoorbell({ poolConfig, log: (entry) => log.push(entry) })
  bells.push(bell)
  await bell.start()
  return bell
}
/** Settles at the next ring of a bell; listens from the call on. */
const nextRing = (bell: SharedDoorbell, ofKey: BellKey): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stop = bell.listen(ofKey, resolve)
  return promise.finally(stop)
}
const connectionsOf = async (like: string): Promise<number[]> => {
  const { rows } = await database.pool.query<{ pid: number }>(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE $1 AND pid <> pg_backend_pid() AND pid <> $2`,
    [like, (watcher as unknown as { processID: number }).processID],
  )
  return rows.map(({ pid }) => pid)
}
const bellConnections = (): Promise<number[]> => connectionsOf('%pg_notify($1, $2)%')

describe('the bell between processes', () => {
  it('M1 rings here at once, and in every other process', async () => {
    const [here, there, third] = [await open(), await open(), await open()]
    for (const one of [key('project'), key('workspace'), key('rewrite'), key('task')]) {
      let rungHere = 0
      const stop = here.listen(one, () => (rungHere += 1))
      const heard = Promise.all([nextRing(there, one), nextRing(third, one)])
      here.ring(one)
      expect(rungHere).toBe(1)
      await heard
      stop()
    }
    // Every other bell stays still.
    let others = 0
    there.listen(key(), () => (others += 1))
    const last = key()
    const heard = nextRing(there, last)
    here.ring(last)
    await heard
    expect(others).toBe(0)
  })

  it('M1 does not hear again what it has sent itself', async () => {
    const [here, there] = [await open(), await open()]
    const one = key()
    let rungHere = 0
    here.listen(one, () => (rungHere += 1))
    const heard = nextRing(there, one)
    here.ring(one)
    await heard
    // What the other sends comes after our own message on every connection.
    const answer = key()
    const answered = nextRing(here, answer)
    there.ring(answer)
    await answered
    expect(rungHere).toBe(1)
  })

  it('M1 sends all rings of a tick in one notification, each bell once', async () => {
    const [here, there] = [await open(), await open()]
    const keys = Array.from({ length: 100 }, () => key('rewrite'))
    const heard = Promise.all(keys.map((one) => nextRing(there, one)))
    for (const one of [...keys, ...keys]) here.ring(one)
    await heard
    await watcher.query('SELECT 1')
    expect(payloads).toHaveLength(1)
    expect(payloads[0]!.split(' ').slice(1)).toEqual(keys)
    expect(Buffer.byteLength(payloads[0]!)).toBeLessThan(8_000)
  })

  it('M1 rings every bell of their kinds when more than 100 ring in a tick', async () => {
    const [here, there] = [await open(), await open()]
    const [rewrite, workspace] = [key('rewrite'), key('workspace')]
    let others = 0
    there.listen(workspace, () => (others += 1))
    const heard = nextRing(there, rewrite)
    for (let count = 0; count < 10_000; count += 1) here.ring(key('rewrite'))
    await heard
    await watcher.query('SELECT 1')
    expect(payloads.map((payload) => payload.split(' ').slice(1))).toEqual([['rewrite:*']])
    expect(others).toBe(0)
  })

  it('M1 sends what still waits before it stops, and leaves no connection', async () => {
    const [here, there] = [await open(), await open()]
    const one = key()
    const heard = nextRing(there, one)
    here.ring(one)
    await Promise.all([here.stop(), here.stop(), heard])
    await there.stop()
    expect(await connectionsOf(`LISTEN%${bellChannel}%`)).toEqual([])
    expect(await bellConnections()).toEqual([])
    here.ring(key()) // nothing comes of it, and nothing is thrown
  })

  it('M3 rings every bell once its lost connection is there again, and hears again', async () => {
    const log: DatabaseLogEntry[] = []
    const [here, there] = [await open(database.poolConfig, log), await open()]
    const one = key()
    const heard = nextRing(there, one)
    here.ring(one)
    await heard
    const [pid] = await bellConnections()
    const anything = nextRing(here, key('workspace'))
    await database.pool.query('SELECT pg_terminate_backend($1)', [pid])
    await anything
    expect(log.map(({ message }) => message)).toEqual(['The bell between processes lost its connection'])
    const [back, forth] = [nextRing(here, one), nextRing(there, one)]
    there.ring(one)
    await back
    here.ring(one)
    await forth
  })
})

describe('while the database is away', () => {
  it('M4 rings throw nothing and pile up nothing, and are sent when it is back', async () => {
    const way = new Way(database.url!)
    const here = await open(poolConfigOf(await way.open()))
    const there = await open()
    await way.cut()
    const one = key('task')
    let rungHere = 0
    here.listen(one, () => (rungHere += 1))
    for (let count = 0; count < 10_000; count += 1) here.ring(key('rewrite'))
    here.ring(one)
    expect(rungHere).toBe(1)
    const heard = Promise.all([nextRing(there, one), nextRing(there, key('rewrite'))])
    await way.open()
    await heard
    await watcher.query('SELECT 1')
    const lengths = payloads.map((payload) => payload.split(' ').length - 1)
    expect(Math.max(...lengths)).toBeLessThanOrEqual(104)
    expect(payloads.length).toBeLessThanOrEqual(3)
    await here.stop()
    await way.cut()
  })

  it('M4 one that hangs is given up, keeps nobody waiting, and hears again when it answers', async () => {
    const way = new Way(database.url!)
    const log: DatabaseLogEntry[] = []
    const here = await open(poolConfigOf(await way.open()), log)
    const there = await open()
    way.hold()
    const one = key('rewrite')
    here.ring(one)
    while (log.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    const heard = Promise.all([nextRing(there, one), nextRing(here, key())])
    way.release()
    await heard
    way.hold()
    here.ring(one)
    await here.stop()
    // Each hang is told once: that of the first ring, and that of the last, which the stop waits for.
    const lost = { level: 'warn', message: 'The bell between processes lost its connection' }
    expect(log).toMatchObject([lost, lost])
    way.release()
    await way.cut()
  })

  it('M4 it starts and stops without a server', async () => {
    const way = new Way(database.url!)
    const url = await way.open()
    await way.cut()
    const log: DatabaseLogEntry[] = []
    const here = await open(poolConfigOf(url), log)
    here.ring(key())
    await here.stop()
    expect(log).toHaveLength(1)
  })
})
