/** The example processor, as its README runs it, with a real server. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'

const folder = path.resolve(import.meta.dirname, '../../../../examples/processor')
let server: OpenServer
let admin: Account
let processor: ChildProcess | null = null

beforeAll(async () => {
  server = await openServer({ environment: { ALLOW_PRIVATE_PROVIDERS: 'true' } })
  admin = await server.signUp('admin@example.com')
}, 60_000)

afterAll(async () => {
  if (processor !== null && processor.exitCode === null) {
    processor.kill()
    await once(processor, 'exit')
  }
  await server?.close()
})

/** Starts it and gives its address, once it listens. */
async function startProcessor(environment: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, ['index.ts'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], PORT: '0', ...environment },
  })
  processor = child
  let output = ''
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        const [url] = /http:\S+/.exec(output) ?? []
        if (url !== undefined) resolve(url)
      })
    }
    child.once('exit', () => reject(new Error(`The example processor ended: ${output}`)))
  })
}

it('V19 does a stage from end to end', async () => {
  const made = await admin.client.processors.create.mutate({
    pipeline: 'story',
    stage: 'rewrite',
    // Its own is known once it listens, which it does with its secret.
    url: 'http://127.0.0.1:9/',
  })
  const { projectId } = await admin.client.projects.create.mutate({
    pipeline: 'story',
    input: { text: 'The keeper reads. The sea answers! Who wrote it?' },
  })
  const { taskId } = await admin.client.tasks.create.mutate({ projectId, stages: ['rewrite'] })
  const url = await startProcessor({ PROCESSOR_SECRET: made.secret, STEP_MS: '50' })
  await admin.client.processors.update.mutate({ id: made.id, url })
  expect(await admin.client.processors.test.mutate({ id: made.id })).toMatchObject({ ok: true, status: 202 })

  const shown: string[] = []
  for await (const { texts } of admin.client.follow(taskId, { signal: AbortSignal.timeout(20_000) }))
    for (const { text } of texts.values()) shown.push(text)
  const expected = 'The keeper reads.\n\nThe sea answers!\n\nWho wrote it?'
  expect(shown.at(-1)).toBe(expected)
  const task = await admin.client.finished(taskId)
  expect(task).toMatchObject({ status: 'completed', stages: [{ key: 'rewrite', status: 'done' }] })
}, 60_000)
