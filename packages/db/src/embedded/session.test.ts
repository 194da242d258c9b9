import type { Duplex } from 'node:stream'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { loadTemplate } from '../testing/template.ts'
import { EmbeddedDatabase } from './embeddedDatabase.ts'

let database: EmbeddedDatabase
let pool: pg.Pool

beforeAll(async () => {
  database = await EmbeddedDatabase.start({ dump: await loadTemplate() })
  pool = new pg.Pool(database.poolConfig)
  pool.on('error', () => {})
  await pool.query('CREATE TABLE marks (mark text NOT NULL)')
})
afterAll(async () => {
  await pool.end()
  await database.close()
})
beforeEach(() => pool.query('TRUNCATE marks'))

const readMarks = async () => (await pool.query('SELECT mark FROM marks ORDER BY mark')).rows.map((row) => row.mark)
const addMark = (client: pg.Pool | pg.ClientBase, mark: string) => client.query('INSERT INTO marks VALUES ($1)', [mark])

/** A connection outside of the pool that keeps the notifications it gets. */
async function connectListener(): Promise<{ client: pg.Client; heard: string[] }> {
  const client = new pg.Client(database.poolConfig)
  await client.connect()
  client.on('error', () => {}) // some tests cut it off
  const heard: string[] = []
  client.on('notification', ({ channel, payload }) => heard.push(`${channel}:${payload}`))
  return { client, heard }
}

describe('queries', () => {
  it('an error at Bind, at Parse or at run time does not spoil the next query', async () => {
    for (let round = 0; round < 3; round++) {
      await expect(pool.query('SELECT $1::uuid', ['no uuid'])).rejects.toMatchObject({ code: '22P02' })
      await expect(pool.query('SELECT nothing FROM nowhere WHERE a = $1', [1])).rejects.toMatchObject({ code: '42P01' })
      await expect(pool.query('SELECT 1 / $1::int', [0])).rejects.toMatchObject({ code: '22012' })
      expect((await pool.query('SELECT $1::int AS one', [1])).rows).toEqual([{ one: 1 }])
    }
  })

  it('an error does not spoil a query that was already queued behind it on the same connection', async () => {
    const client = await pool.connect()
    for (const [sql, value] of [
      ['SELECT $1::uuid', 'no uuid'],
      ['SELECT nothing WHERE 1 = $1', 1],
      ['SELECT 1 / $1::int', 0],
    ]) {
      const failing = client.query(sql as string, [value])
      const queued = client.query('SELECT $1::int AS one', [1])
      await expect(failing).rejects.toThrow()
      expect((await queued).rows).toEqual([{ one: 1 }])
    }
    client.release()
  })

  it('a client that stops in the middle of sending one keeps nobody waiting', async () => {
    const { client } = await connectListener()
    const { stream } = wireOf(client)
    stream.write(Buffer.from('P\0\0\0\x10\0SELECT 1\0\0\0', 'latin1')) // Parse, without Sync
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    stream.destroy()
  })

  it('100 at once each get their own answer', async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => pool.query('SELECT $1::int AS n', [n])))
    expect(answers.map(({ rows }) => rows[0].n)).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })

  it('carries 5 MB in and out', async () => {
    const text = 'ä€😀'.repeat(500_000)
    const { rows } = await pool.query('SELECT $1::text AS text', [text])
    expect(rows[0].text === text).toBe(true)
  })

  it('D12 leaves the thread of the caller free', async () => {
    let longestGapMs = 0
    let last = performance.now()
    const timer = setInterval(() => {
      longestGapMs = Math.max(longestGapMs, performance.now() - last)
      last = performance.now()
    }, 5)
    const from = performance.now()
    await pool.query('SELECT count(*) FROM generate_series(1, 3000000)')
    const queryMs = performance.now() - from
    clearInterval(timer)
    expect(queryMs).toBeGreaterThan(100) // or it was no test
    expect(longestGapMs).toBeLessThan(queryMs * 0.8)
  })
})

describe('transactions', () => {
  it('a rolled back one leaves nothing, a savepoint only what came before it', async () => {
    const client = await pool.connect()
    await client.query('BEGIN')
    await addMark(client, 'lost')
    await client.query('ROLLBACK')
    await client.query('BEGIN')
    await addMark(client, 'outer')
    await client.query('SAVEPOINT inner_part')
    await addMark(client, 'inner')
    await client.query('ROLLBACK TO inner_part')
    await client.query('COMMIT')
    client.release()
    expect(await readMarks()).toEqual(['outer'])
  })

  it('a failed one stays failed until its end, and others wait for that', async () => {
    const client = await pool.connect()
    await client.query('BEGIN')
    await expect(client.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' })
    const other = readMarks()
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' })
    await client.query('ROLLBACK')
    client.release()
    expect(await other).toEqual([])
  })

  it('D11 nobody else runs between its first and its last statement', async () => {
    const client = await pool.connect()
    await client.query('BEGIN')
    const order: string[] = []
    const other = readMarks().then((marks) => order.push(`other saw ${marks.join(',')}`))
    await addMark(client, 'first')
    await addMark(client, 'second')
    order.push('committing')
    await client.query('COMMIT')
    client.release()
    await other
    expect(order).toEqual(['committing', 'other saw first,second'])
  })

  it('D11 a client that hangs up in the middle is rolled back and the turn goes on', async () => {
    const client = await pool.connect()
    await client.query('BEGIN')
    await addMark(client, 'lost')
    client.release(true)
    await addMark(pool, 'kept')
    expect(await readMarks()).toEqual(['kept'])
  })

  it('a client that is cut off after an error in the middle is rolled back and the turn goes on', async () => {
    const { client } = await connectListener()
    await client.query('BEGIN')
    await addMark(client, 'lost')
    await expect(client.query('SELECT 1 / $1::int', [0])).rejects.toThrow()
    cutOff(client)
    expect(await readMarks()).toEqual([])
  })

  it('what a client asked for and had not begun when it was cut off is not done', async () => {
    const holder = await pool.connect()
    const { client } = await connectListener()
    await holder.query('BEGIN')
    const waiting = addMark(client, 'dropped')
    cutOff(client)
    await expect(waiting).rejects.toThrow()
    await holder.query('COMMIT')
    holder.release()
    expect(await readMarks()).toEqual([])
  })
})

describe('notifications', () => {
  it('D13 come at commit and not before, and never after a rollback', async () => {
    const { client, heard } = await connectListener()
    await client.query('LISTEN bell')
    const writer = await pool.connect()
    await writer.query(`BEGIN; NOTIFY bell, 'rolled back'; ROLLBACK`)
    await writer.query('BEGIN')
    await writer.query(`SELECT pg_notify('bell', $1)`, ['committed'])
    await writer.query('SELECT 1')
    expect(heard).toEqual([])
    await writer.query('COMMIT')
    writer.release()
    await client.query('SELECT 1') // answered after all that was sent before
    expect(heard).toEqual(['bell:committed'])
    await client.end()
  })

  it('go to all who listen to the channel and to nobody else', async () => {
    const [one, two, other] = await Promise.all([connectListener(), connectListener(), connectListener()])
    await one.client.query('LISTEN bell')
    await two.client.query('LISTEN "bell"')
    await other.client.query('LISTEN "Other ""bell"""')
    await pool.query(`NOTIFY bell, 'a'`)
    await pool.query(`NOTIFY "Other ""bell""", 'b'`)
    await pool.query('SELECT 1')
    await Promise.all([one, two, other].map(({ client }) => client.query('SELECT 1')))
    expect([one.heard, two.heard, other.heard]).toEqual([['bell:a'], ['bell:a'], ['Other "bell":b']])
    await Promise.all([one, two, other].map(({ client }) => client.end()))
  })

  it('still come when another listener stops listening or leaves', async () => {
    const [stays, stops, leaves] = await Promise.all([connectListener(), connectListener(), connectListener()])
    for (const { client } of [stays, stops, leaves]) await client.query('LISTEN bell')
    await stops.client.query('UNLISTEN bell')
    await pool.query(`NOTIFY bell, 'one'`)
    await leaves.client.end()
    await pool.query(`NOTIFY bell, 'two'`)
    await Promise.all([stays, stops].map(({ client }) => client.query('SELECT 1')))
    expect([stays.heard, stops.heard]).toEqual([['bell:one', 'bell:two'], []])
    await Promise.all([stays, stops].map(({ client }) => client.end()))
  })
})

const cutOff = (client: pg.Client) => wireOf(client).stream.destroy()

const wireOf = (client: pg.Client) => (client as unknown as { connection: { stream: Duplex } }).connection
