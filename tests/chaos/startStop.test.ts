import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { chooseSeed } from '../support/random.ts'
import {
  createServerProcess,
  findFreePort,
  startServerProcess,
  type Exit,
  type ServerProcess,
} from '../support/serverProcess.ts'
import { openStoryRun } from '../support/storyRun.ts'
import { counts } from './counts.ts'

const refusalMs = 1_000 * counts.patience
const stopMs = 10_000

const opened: { close(): unknown }[] = []

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close()
})

/** What it says beside its log of ordinary events is one sentence for a person: no stack, no error in JSON. */
function expectOneSentence({ code, said }: Exit & { said: string }): void {
  expect(code).toBe(1)
  const words = said.split('\n').filter((line) => line !== '' && !line.startsWith('{"level":30,'))
  expect(words).toEqual([expect.stringMatching(/^[A-Z].+\.$/)])
}

async function startAnother(options: Parameters<typeof createServerProcess>[0]): Promise<Exit & { said: string }> {
  const server = await createServerProcess(options)
  opened.push(server)
  return server.startAndEnd()
}

async function startFirst(): Promise<ServerProcess> {
  const server = await startServerProcess({ isFirst: true })
  opened.push(server)
  return server
}

test('O4 a second server on the same folder refuses at once, and the first goes on', async () => {
  const first = await startFirst()
  const second = await startAnother({ dataDir: first.dataDir })
  expectOneSentence(second)
  expect(second.said).toContain(first.dataDir)
  expect(second.afterMs).toBeLessThan(refusalMs)
  console.log(`a second server on the folder refused after ${Math.round(second.afterMs)} ms: ${second.said.trim()}`)
  expect((await fetch(`${first.url}/health/ready`)).status).toBe(200)
})

test('O5 a port that is taken is named', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  opened.push(other)
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  const refused = await startAnother({ port })
  expectOneSentence(refused)
  expect(refused.said).toContain(String(port))
})

test('O6 a database that nobody answers for is named, without its password', async () => {
  const port = await findFreePort()
  const refused = await startAnother({ databaseUrl: `postgresql://someone:planted-password@127.0.0.1:${port}/studio` })
  expectOneSentence(refused)
  expect(refused.said).toContain(`127.0.0.1:${port}`)
  expect(refused.said).not.toContain('planted-password')
})

test('O2 a wrong setting is named', async () => {
  const refused = await startAnother({ environment: { WORKER_SLOTS: 'many' } })
  expectOneSentence(refused)
  expect(refused.said).toContain('WORKER_SLOTS')
})

test('O7 SIGTERM while a task runs: it ends well and soon, the text is durable, and the task and its viewer go on', async () => {
  const seed = chooseSeed('stopping')
  await using run = await openStoryRun({ seed, pace: { tokens: 200, tokensPerSecond: 50 } })
  const task = await run.createTask(['rewrite'])
  const watching = run.watch(task)
  const exchange = await run.provider.requestOf(task.marker)
  await watching.until((view) => (view.current?.text.length ?? 0) >= 200)

  const exit = await run.server.kill('SIGTERM')
  expect(exit).toMatchObject({ code: 0, signal: null })
  expect(exit.afterMs).toBeLessThan(stopMs)
  console.log(`stopped after ${Math.round(exit.afterMs)} ms`)
  expect(exchange.isClosed).toBe(true)
  const { rewrites, chunks } = await run.readRows()
  const stored = chunks.map((chunk) => chunk.text).join('')
  const shown = watching.record.view!.current!.text
  expect(rewrites).toMatchObject([{ ending: null, attempt: 1 }])
  expect(stored.startsWith(shown)).toBe(true)
  expect(exchange.sentText.startsWith(stored)).toBe(true)

  run.provider.setPace({ tokens: 60, tokensPerSecond: 200 })
  await run.server.start()
  await watching.finished
  expect(watching.record.view?.end).toMatchObject({ status: 'completed' })
  expect(await run.stopAndCheck()).toEqual([])
})
