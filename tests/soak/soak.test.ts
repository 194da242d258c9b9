// A server under a constant load for an hour (SOAK_MINUTES): what it holds must be flat after the first sixth of that.
// SOAK_DATABASE=postgres runs it on PostgreSQL instead of the embedded database; SOAK_REPORT=1 keeps a report in
// docs/reports.
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { signUp } from '../support/account.ts'
import { chooseSeed, createRandom } from '../support/random.ts'
import { startServerProcess } from '../support/serverProcess.ts'
import { startStoryProvider } from '../support/storyProvider.ts'
import { openTestPostgres } from '../support/temporaryPostgres.ts'
import { decideFlat, type Course } from './decideFlat.ts'
import { runLoad, type LoadRecord } from './load.ts'
import { readSample, type Sample } from './readSample.ts'

const minutes = Number(process.env['SOAK_MINUTES'] ?? 60)
const lengthMs = minutes * 60_000
const sampleEveryMs = Math.min(10_000, lengthMs / 120)
const load = { tasksAtOnce: 5, viewers: 20 }
const pace = { tokens: 400, tokensPerSecond: 50 }
const kind = process.env['SOAK_DATABASE'] === 'postgres' ? 'PostgreSQL' : 'embedded'
/** What is kept a while for who comes back, and the beat of what looks for it. */
const graceMs = 90_000

test(`Q7 ${minutes} minutes of tasks and of viewers that come and go (${kind}): memory, sockets and listeners stay flat`, async () => {
  const random = createRandom(chooseSeed('soak'))
  await using stack = new AsyncDisposableStack()
  const provider = await startStoryProvider(random.seed, pace)
  stack.defer(() => provider.close())
  const postgres = kind === 'embedded' ? null : await openTestPostgres()
  stack.defer(async () => postgres?.stop())
  const databaseUrl = await postgres?.createDatabase()
  const server = await startServerProcess({
    environment: provider.environment,
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
  })
  stack.defer(() => server.close())
  const account = await signUp(server.url)
  stack.defer(() => account.close())

  const startedAtMs = performance.now()
  const samples: Sample[] = []
  const sampled = { pid: server.pid!, url: server.url }
  const ending = new AbortController()
  const loading = runLoad({ account, random, ...load, signal: ending.signal })
  while (performance.now() - startedAtMs < lengthMs) {
    await pause(sampleEveryMs)
    samples.push(await readSample(sampled, startedAtMs))
  }
  ending.abort()
  const record = await loading
  const courses = decideFlat(samples, lengthMs)
  const report = describe(courses, record)
  console.log(report)
  if (process.env['SOAK_REPORT'] === '1') keep(report)

  expect(record.faults).toEqual([])
  expect(record.tasks).toBeGreaterThan(0)
  expect(record.visits).toBeGreaterThan(0)
  expect(courses.filter(({ isFlat }) => !isFlat)).toEqual([])
  account.close()
  // And when all have left, nothing of them is there any more.
  const nothing = { viewers: 0, followers: 0, listeners: 0, tails: 0 }
  await vi.waitFor(async () => expect(await readSample(sampled, startedAtMs)).toMatchObject(nothing), {
    timeout: graceMs,
    interval: 1_000,
  })
})

function describe(courses: readonly Course[], { tasks, visits, faults }: LoadRecord): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.version}`
  const command = `${kind === 'embedded' ? '' : 'SOAK_DATABASE=postgres '}SOAK_MINUTES=${minutes} SOAK_REPORT=1 npm run test:soak`
  const round = (value: number): string => value.toFixed(value < 100 ? 1 : 0)
  const rows = courses.map(
    ({ what, before, after, most, isFlat }) =>
      `| ${what} | ${round(before)} | ${round(after)} | ${round(most)} | ${isFlat ? 'flat' : 'GROWS'} |`,
  )
  return `# Soak, ${minutes} minutes, ${kind}

\`${command}\` on ${machine}, ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC.

${load.tasksAtOnce} tasks at any time (${pace.tokens} tokens at ${pace.tokensPerSecond} a second), ${load.viewers} viewers that come and go over SSE,
WebSocket and polling: ${tasks} tasks, ${visits} visits, ${faults.length} faults.

| | after the first sixth (median) | at the end (median) | most | |
|---|---|---|---|---|
${rows.join('\n')}
`
}

function keep(report: string): void {
  const folder = fileURLToPath(new URL('../../docs/reports', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const day = new Date().toISOString().slice(0, 10)
  writeFileSync(`${folder}/${day}-soak-${kind.toLowerCase()}-${minutes}min.md`, report)
}
