import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { startTemporaryPostgres, type TemporaryPostgres } from '../support/temporaryPostgres.ts'

let postgres: TemporaryPostgres | null = null
afterEach(async () => {
  await postgres?.stop()
  postgres = null
})

test('what was committed is still there after a kill and a restart', async () => {
  postgres = await startTemporaryPostgres()
  const url = await postgres.createDatabase()
  await query(url, 'CREATE TABLE kept (value int)')
  await query(url, 'INSERT INTO kept VALUES (7)')
  await postgres.kill()
  await expect(query(url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
  await postgres.restart()
  expect(await query(url, 'SELECT value FROM kept')).toEqual([{ value: 7 }])
  expect(await query(url, 'SHOW fsync')).toEqual([{ fsync: 'on' }])
})

test('it listens on 127.0.0.1 alone and leaves nothing behind', async () => {
  postgres = await startTemporaryPostgres()
  const settings = `SELECT current_setting('listen_addresses') AS hosts, current_setting('unix_socket_directories') AS sockets`
  expect(await query(postgres.url, settings)).toEqual([{ hosts: '127.0.0.1', sockets: '' }])
  const pid = postgres.pid!
  expect(foldersOf(process.pid)).toHaveLength(1)
  await postgres.stop()
  await postgres.stop()
  expect(foldersOf(process.pid)).toEqual([])
  expect(existsSync(`/proc/${pid}/cmdline`)).toBe(false)
})

test('the next start removes what a killed owner left', async () => {
  const module = new URL('../support/temporaryPostgres.ts', import.meta.url).href
  const code = `const { startTemporaryPostgres } = await import('${module}'); console.log((await startTemporaryPostgres()).url)`
  const owner = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [url] = await once(owner.stdout.setEncoding('utf8'), 'data')
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  expect(foldersOf(owner.pid!)).toHaveLength(1)
  expect(await query(url.trim(), 'SELECT 1 AS alive')).toEqual([{ alive: 1 }])
  postgres = await startTemporaryPostgres()
  expect(foldersOf(owner.pid!)).toEqual([])
  await expect(query(url.trim(), 'SELECT 1')).rejects.toThrow('ECONNREFUSED')
})

function foldersOf(pid: number): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`stagewright-postgres-${pid}-`))
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}
