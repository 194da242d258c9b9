import { readdir } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { openDatabase, type DatabaseLogEntry } from './openDatabase.ts'
import { openTestDatabase, testDatabaseKinds } from './testing/index.ts'
import { makeTemporaryFolder } from './testing/temporaryFolder.ts'

describe('openDatabase, embedded', () => {
  it('makes the folder, migrates, refuses a second opener within a second, and keeps what was written', async () => {
    await using folder = await makeTemporaryFolder()
    const entries: DatabaseLogEntry[] = []
    const database = await openDatabase({ dataDir: folder.path, log: (entry) => entries.push(entry) })
    expect(database.embedded).toBe(true)
    await database.pool.query('CREATE TABLE kept AS SELECT 42 AS answer')

    const from = performance.now()
    await expect(openDatabase({ dataDir: folder.path })).rejects.toMatchObject({ code: 'DataFolderLocked' })
    expect(performance.now() - from).toBeLessThan(1000)

    await Promise.all([database.close(), database.close()])
    expect(await readdir(folder.path)).toEqual(['pg'])
    const reopened = await openDatabase({ dataDir: folder.path, log: (entry) => entries.push(entry) })
    expect((await reopened.pool.query('SELECT answer FROM kept')).rows).toEqual([{ answer: 42 }])
    await reopened.close()
    expect(entries.filter(({ message }) => message.startsWith('Applied migrations'))).toHaveLength(1)
  })

  it('closes although a client is in the middle of a transaction and is never given back', async () => {
    await using folder = await makeTemporaryFolder()
    const database = await openDatabase({ dataDir: folder.path })
    const client = await database.pool.connect()
    client.on('error', () => {})
    await client.query('BEGIN')
    await database.close()
    const reopened = await openDatabase({ dataDir: folder.path })
    expect(reopened.embedded).toBe(true)
    await reopened.close()
  })
})

describe('openDatabase, on a server', () => {
  const dataDir = '/nowhere/to/be/touched'

  it('opens, migrates and takes part in the server', async () => {
    const made = await openTestDatabase('postgres')
    const database = await openDatabase({ url: made.url, dataDir })
    expect(database.embedded).toBe(false)
    expect((await database.pool.query('SELECT count(*) FROM _prisma_migrations')).rows).toHaveLength(1)
    await database.close()
    await made.close()
  })

  it('D15 says which server cannot be reached, and never the password', async () => {
    const port = await findClosedPort()
    const url = `postgresql://someone:hunter2@127.0.0.1:${port}/studio`
    const error = await openDatabase({ url, dataDir }).catch((reason) => reason)
    expect(error).toMatchObject({ code: 'DatabaseUnreachable' })
    expect(error.message).toMatch(`The database "studio" at 127.0.0.1:${port} cannot be reached: `)
    expect(error.message).not.toContain('hunter2')
  })

  it('says that a database does not exist', async () => {
    const url = new URL('/no_such_database', process.env['TEST_DATABASE_URL']).href
    await expect(openDatabase({ url, dataDir })).rejects.toMatchObject({
      code: 'DatabaseUnreachable',
      message: expect.stringContaining('"no_such_database" does not exist'),
    })
  })

  it('outlives the loss of its idle connections and tells the log', async () => {
    const made = await openTestDatabase('postgres')
    const log = vi.fn()
    const database = await openDatabase({ url: made.url, dataDir, log })
    await database.pool.query('SELECT 1')
    await made.pool.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
    await vi.waitFor(() => expect(log).toHaveBeenCalledWith(expect.objectContaining({ level: 'warn' })), 5000)
    expect((await database.pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await database.close()
    await made.close()
  })
})

describe.each(testDatabaseKinds)('Prisma on %s', (kind) => {
  it('D16 reads times as they were written, as real moments', async () => {
    const { prisma, close } = await openTestDatabase(kind)
    const moment = new Date('2026-03-29T01:30:45.123Z')
    const [row] = await prisma.$queryRaw<[{ echo: Date; now: Date; zone: string }]>`
      SELECT ${moment}::timestamptz AS echo, now() AS now, current_setting('TimeZone') AS zone`
    expect(row.echo).toEqual(moment)
    expect(Math.abs(row.now.getTime() - Date.now())).toBeLessThan(60_000)
    await close()
  })

  it('rolls a failed interactive transaction back', async () => {
    const { prisma, close } = await openTestDatabase(kind)
    await prisma.$executeRaw`CREATE TABLE marks (mark text)`
    const failing = prisma.$transaction(async (tx) => {
      await tx.$executeRaw`INSERT INTO marks VALUES ('lost')`
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    expect(await prisma.$queryRaw`SELECT * FROM marks`).toEqual([])
    await close()
  })
})

async function findClosedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
