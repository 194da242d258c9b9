import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signUp } from '../support/account.ts'
import { callDoctor } from '../support/doctorProcess.ts'
import { findFreePort, startServerProcess } from '../support/serverProcess.ts'
import { startStoryProvider } from '../support/storyProvider.ts'
import { startTemporaryRedis } from '../support/temporaryRedis.ts'
import { openTestPostgres, type TestPostgres } from '../support/temporaryPostgres.ts'

const secretKey = 'c'.repeat(64)

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await openTestPostgres()
})
afterAll(() => postgres?.stop())

test.concurrent('Q6 the doctor finds what is stuck on PostgreSQL, says what it would do, does it, and finds all well', async () => {
  const databaseUrl = await postgres.createDatabase()
  const environment = { DATABASE_URL: databaseUrl, SECRET_KEY: secretKey, PORT: String(await findFreePort()) }
  const empty = await callDoctor(environment)
  expect(empty.code).toBe(0)
  expect(empty.said).toContain('The next start will apply')

  await using server = await startServerProcess({ databaseUrl })
  const account = await signUp(server.url)
  const { client } = account
  const { projectId } = await client.projects.create.mutate({ pipeline: 'story', input: { text: 'A lighthouse' } })
  const { taskId } = await client.tasks.create.mutate({ projectId, stages: ['rewrite'] })
  for await (const view of client.follow(taskId)) if ((view.current?.text.length ?? 0) > 100) break
  account.close()
  await server.kill()
  const pool = new pg.Pool({ connectionString: databaseUrl })
  try {
    const ago = `- interval '10 minutes'`
    await pool.query(`UPDATE pgboss.job SET heartbeat_on = heartbeat_on ${ago} WHERE state = 'active'`)
    const found = await callDoctor(environment)
    expect(found.code).toBe(1)
    expect(found.said).toContain(`Task ${taskId} was taken by a worker that is gone`)
    expect(found.said).toContain('would give its job free')
    expect(await statesOfJobs(pool)).toEqual(['active'])

    const mended = await callDoctor(environment, '--fix')
    expect(mended.said).toContain('mended: give its job free')
    expect(mended.code).toBe(0)
    expect(await statesOfJobs(pool)).toEqual(['retry'])

    // A text that stayed open, and a job that stayed behind, when the task is over.
    await pool.query(
      `UPDATE tasks SET status = 'cancelled', ended_at = now(), updated_at = now() ${ago} WHERE id = $1`,
      [taskId],
    )
    await pool.query(`UPDATE rewrites SET created_at = created_at ${ago} WHERE closed_at IS NULL`)
    await pool.query(`UPDATE projects SET updated_at = updated_at ${ago}`)
    await pool.query(`UPDATE pgboss.job SET created_on = created_on ${ago}`)
    const more = await callDoctor(environment, '--fix')
    for (const mend of ['remove the job', 'close it as interrupted', 'set it to what its text says'])
      expect(more.said).toContain(`mended: ${mend}`)
    const last = await callDoctor(environment)
    expect(last).toEqual({ code: 0, said: expect.stringContaining('All is well.') })
    expect(await statesOfJobs(pool)).toEqual([])
    const { rows } = await pool.query('SELECT ending FROM rewrites')
    expect(rows).toEqual([{ ending: 'interrupted' }])
  } finally {
    await pool.end()
  }
})

async function statesOfJobs(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ state: string }>(
    `SELECT state FROM pgboss.job WHERE name = 'tasks' AND state < 'completed'`,
  )
  return rows.map(({ state }) => state)
}

test.concurrent('Q6 the doctor looks at an embedded folder, through its server while that runs, and makes nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stagewright-doctor-'))
  try {
    expect((await callDoctor({ DATA_DIR: folder, PORT: String(await findFreePort()) })).said).toContain(
      'There is none in',
    )
    expect(readdirSync(folder)).toEqual([])
    await using provider = await startProvider()
    await using server = await startServerProcess({ dataDir: folder, environment: provider.environment })
    const settings = { DATA_DIR: folder, PORT: String(server.port) }
    const during = await callDoctor(settings)
    expect(during).toEqual({ code: 0, said: expect.stringContaining('in use by a running server') })
    // Its server is somewhere else than the settings say: nobody can tell how it is.
    const elsewhere = await callDoctor({ ...settings, PORT: String(await findFreePort()) })
    expect(elsewhere).toEqual({ code: 1, said: expect.stringContaining('does not say that it is ready') })
    await server.kill('SIGTERM')
    const after = await callDoctor(settings)
    expect(after.said).toMatch(/ok +provider 127\.0\.0\.1: It is reached, takes the key, and scripted streams/)
    expect(after.said).not.toContain(provider.apiKey)
    expect(after.code).toBe(0)
    expect(provider.log()).toHaveLength(1)
    expect((await callDoctor(settings, '--no-calls')).code).toBe(0)
    expect(provider.log()).toHaveLength(1)
    await provider.close()
    const gone = await callDoctor(settings)
    expect(gone).toEqual({ code: 1, said: expect.stringContaining('(provider.unreachable)') })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function startProvider() {
  const provider = await startStoryProvider(1, { tokens: 20, tokensPerSecond: 1_000 })
  return { ...provider, [Symbol.asyncDispose]: () => provider.close() }
}

test.concurrent('Q6 the doctor says whether Redis can be used, without its password', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stagewright-doctor-'))
  const redis = await startTemporaryRedis()
  try {
    const settings = { DATA_DIR: folder, PORT: String(await findFreePort()), REDIS_URL: redis.url }
    const up = await callDoctor(settings)
    expect(up).toEqual({
      code: 0,
      said: expect.stringMatching(/ok +redis: It answers and takes messages: (redis|valkey) \d/),
    })
    await redis.kill()
    const down = await callDoctor(settings)
    expect(down).toEqual({ code: 1, said: expect.stringContaining('WRONG redis: It cannot be used') })
    for (const { said } of [up, down]) expect(said).not.toContain(redis.password)
  } finally {
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

test.concurrent.each([
  ['a wrong setting', { PORT: 'http' }, 'The setting PORT is not right'],
  [
    'a database that is not there',
    { DATABASE_URL: 'postgresql://u:secret@127.0.0.1:1/x', SECRET_KEY: secretKey },
    'cannot be reached',
  ],
])('Q6 the doctor names %s', async (_name, environment, words) => {
  const { code, said } = await callDoctor(environment)
  expect(said).toContain(words)
  expect(said).not.toContain('secret@')
  expect(code).toBe(1)
})
