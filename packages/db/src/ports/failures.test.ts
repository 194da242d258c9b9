import { randomUUID } from 'node:crypto'
import { type Database, DatabaseUnavailable, UniqueViolation } from '@stagewright/core'
import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PrismaClient } from '../generated/prisma/client.ts'
import { testDatabaseKinds } from '../testing/index.ts'
import { createDatabase } from './createDatabase.ts'
import { openTestStorage, type TestStorage } from '../testing/openTestStorage.ts'

/** The ports on a pool of our own over the storage's database, or over no database. */
function connect(storage: TestStorage, config: pg.PoolConfig) {
  const pool = new pg.Pool(config)
  pool.on('error', () => {})
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
  const close = async () => {
    await prisma.$disconnect()
    if (!pool.ended) await pool.end()
  }
  return { pool, database: createDatabase({ prisma, pool, queue: storage.queue }), [Symbol.asyncDispose]: close }
}

describe.each(testDatabaseKinds)('failures on %s', (kind) => {
  let storage: TestStorage
  beforeAll(async () => {
    storage = await openTestStorage(kind)
  })
  afterAll(() => storage?.close())

  it('name the index of a row that is already there, whichever way it was written', async () => {
    const { database } = storage
    const [workspaceId] = await database.workspacesOf('u')
    const project = {
      id: randomUUID(),
      workspaceId: workspaceId!,
      createdBy: 'u',
      pipeline: 'story',
      title: '',
      input: {},
    }
    await database.transaction((tx) => tx.insertProject(project, ['a']))
    const words = {
      projectId: project.id,
      stageKey: 'a',
      no: 1,
      kind: 'edited' as const,
      text: 't',
      sha256: 'h',
      summary: null,
    }
    const origin = { inputRewriteId: null, baseRewriteId: null, instruction: null, createdBy: null }
    const insert = () => database.transaction((tx) => tx.insertClosedRewrite({ id: randomUUID(), ...words, ...origin }))
    await insert()
    await expect(insert()).rejects.toMatchObject({ name: 'UniqueViolation', constraint: 'rewrites_project_id_no_key' })
    const again = database.transaction((tx) => tx.insertProject(project, []))
    await expect(again).rejects.toMatchObject({ name: 'UniqueViolation', constraint: 'projects_pkey' })
    await expect(again).rejects.toBeInstanceOf(UniqueViolation)
  })

  it('D17 of a deadlock are tried again, all of the transaction', async () => {
    const { database, opened } = storage
    const [workspaceId] = await database.workspacesOf('u')
    let tries = 0
    const seq = await database.transaction(async (tx) => {
      const touched = await tx.touchWorkspace(workspaceId!)
      if (++tries < 3) throw Object.assign(new Error('deadlock detected'), { code: '40P01' })
      return touched
    })
    expect({ tries, seq }).toEqual({ tries: 3, seq: 1 })
    const { rows } = await opened.pool.query('SELECT event_seq::int AS seq FROM workspaces WHERE id = $1', [
      workspaceId,
    ])
    expect(rows).toEqual([{ seq: 1 }])
  })

  it('D17 that stay are thrown after four tries', async () => {
    const { database } = storage
    let tries = 0
    const stubborn = database.transaction(async () => {
      tries++
      throw Object.assign(new Error('deadlock detected'), { code: '40P01' })
    })
    await expect(stubborn).rejects.toThrow('deadlock detected')
    expect(tries).toBe(4)
  })

  it('of a closed pool say that the database is unavailable', async () => {
    await using connected = connect(storage, storage.opened.poolConfig)
    await connected.pool.end()
    expect(await refusalsOf(connected.database)).toEqual(Array(4).fill('DatabaseUnavailable'))
  })
})

describe('failures of the connection', () => {
  let storage: TestStorage
  beforeAll(async () => {
    storage = await openTestStorage('postgres')
  })
  afterAll(() => storage?.close())

  it('D18 say that the database is unavailable: nobody listens there', async () => {
    await using connected = connect(storage, { host: '127.0.0.1', port: 1, connectionTimeoutMillis: 1_000 })
    expect(await refusalsOf(connected.database)).toEqual(Array(4).fill('DatabaseUnavailable'))
  })

  it('D18 say that the database is unavailable: the server ends the session, in a transaction or at its COMMIT', async () => {
    await using connected = connect(storage, { ...storage.opened.poolConfig, application_name: 'victim' })
    const { database } = connected
    const endSessions = () =>
      storage.opened.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'victim'`,
      )
    const cut = database.transaction(async (tx) => {
      await tx.now()
      await endSessions()
      await tx.now()
    })
    await expect(cut).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(await database.workspacesOf('u')).toHaveLength(1)
    const cutAtCommit = database.transaction(async (tx) => {
      await tx.now()
      await endSessions()
    })
    await expect(cutAtCommit).rejects.toBeInstanceOf(DatabaseUnavailable)
  })
})

/** Names of the errors with which each kind of call is refused. */
async function refusalsOf(database: Database): Promise<string[]> {
  const write = { rewriteId: randomUUID(), attempt: 1, offset: 0, text: 'x' }
  const calls: (() => Promise<unknown>)[] = [
    () => database.transaction((tx) => tx.now()),
    () => database.projectHead(randomUUID()),
    () => database.sweepRows(),
    () => database.appendChunks([write]),
  ]
  const namesOf = calls.map((call) =>
    call().then(
      () => 'none',
      (error: Error) => error.name,
    ),
  )
  return Promise.all(namesOf)
}
