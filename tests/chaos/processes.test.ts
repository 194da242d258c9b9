// Many processes on one PostgreSQL: what one writes, the viewers of another see, and what one is asked, another does.
import { setTimeout as pause } from 'node:timers/promises'
import type { FollowedEvent } from '@stagewright/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readClockMs, type SentMark } from '../../apps/server/src/providers/testing/index.ts'
import { openClusterRun, type Cluster } from '../support/clusterRun.ts'
import { percentile } from '../support/percentile.ts'
import { chooseSeed, createRandom, type Random } from '../support/random.ts'
import type { StoryRun, StoryTask } from '../support/storyRun.ts'
import { openTestPostgres, type TestPostgres } from '../support/temporaryPostgres.ts'
import { startTemporaryRedis, type TemporaryRedis } from '../support/temporaryRedis.ts'
import { counts, isFull } from './counts.ts'

const pace = { tokens: counts.countedTokens, tokensPerSecond: 50 }
const stopsAtOnce = 4
/** From the provider's sending to a viewer in another process. */
const delayByDatabaseMs = 220 * counts.patience
const delayByRedisMs = 40 * counts.patience
const socketMs = 1_000 * counts.patience

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await openTestPostgres()
})
afterAll(() => postgres?.stop())

test('M6 M7 two apis and two workers on PostgreSQL: a text reaches viewers on both apis, and a stop any worker', async () => {
  const random = createRandom(chooseSeed('processes'))
  const databaseUrl = await postgres.createDatabase()
  await using run = await openClusterRun({ seed: random.seed, pace, databaseUrl, apis: 2 })
  const task = await run.createTask(['rewrite'])
  await expectQueued(run, task)
  await run.server.startWorkers(2)
  await expectOnlyHealth(run.server)
  const { median, figures } = await measureText(run, task)
  expect(median).toBeLessThanOrEqual(delayByDatabaseMs)
  // Nothing else than Redis carries figures: where they come, it is what the text came by.
  expect(figures).toEqual([0, 0])
  expect(await measureStops(run, random, counts.processStops)).toBeLessThanOrEqual(socketMs)
  expect(await run.stopAndCheck()).toEqual([])
})

test('M8 M12 the same with Redis, faster; and without a loss when it is killed in the middle', async () => {
  const random = createRandom(chooseSeed('processes with Redis'))
  const redis = await startTemporaryRedis()
  await using stack = new AsyncDisposableStack()
  stack.defer(() => redis.stop())
  const databaseUrl = await postgres.createDatabase()
  const environment = { REDIS_URL: redis.url }
  const run = stack.use(await openClusterRun({ seed: random.seed, pace, databaseUrl, environment, apis: 2 }))
  await run.server.startWorkers(2)
  const fast = await measureText(run, await run.createTask(['rewrite']))
  expect(fast.median).toBeLessThanOrEqual(delayByRedisMs)
  expect(Math.min(...fast.figures)).toBeGreaterThan(1)
  expect(await measureStops(run, random, counts.processStops)).toBeLessThanOrEqual(socketMs)

  const task = await run.createTask(['rewrite'])
  const cut = measureText(run, task)
  const exchange = await run.provider.requestOf(task.marker)
  await until(() => exchange.sentText.length > pace.tokens)
  await redis.kill()
  expect((await cut).median).toBeLessThanOrEqual(delayByDatabaseMs)
  expect(await measureStops(run, random, counts.processStops)).toBeLessThanOrEqual(socketMs)

  await redis.restart()
  await until(() => timesIn(run.server.output(), 'Redis is back') === 4)
  expect(timesIn(run.server.output(), 'Redis is away')).toBe(4)
  const again = await measureText(run, await run.createTask(['rewrite']))
  expect(again.median).toBeLessThanOrEqual(delayByRedisMs)
  expect(Math.min(...again.figures)).toBeGreaterThan(1)
  if (isFull) await measureInBlackHole(run, redis)
  expect(run.server.output()).not.toContain(redis.password)
  expect(await run.stopAndCheck()).toEqual([])
})

/** A Redis that accepts and never answers: as if there were none. */
async function measureInBlackHole(run: StoryRun<Cluster>, redis: TemporaryRedis): Promise<void> {
  const task = await run.createTask(['rewrite'])
  const measuring = measureText(run, task)
  const exchange = await run.provider.requestOf(task.marker)
  await until(() => exchange.sentText.length > pace.tokens)
  redis.pause()
  expect((await measuring).median).toBeLessThanOrEqual(delayByDatabaseMs)
  redis.resume()
}

function timesIn(text: string, words: string): number {
  return text.split(words).length - 1
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await pause(5)
}

/** Nobody is there who runs tasks: a process that did would have taken it within a few milliseconds. */
async function expectQueued({ account }: StoryRun<Cluster>, { taskId }: StoryTask): Promise<void> {
  const startMs = performance.now()
  while (performance.now() - startMs < 1_000)
    expect(await account.client.tasks.get.query({ taskId })).toMatchObject({ status: 'queued', attempts: [] })
}

/** A worker serves its health and nothing else. */
async function expectOnlyHealth({ apis, workers }: Cluster): Promise<void> {
  for (const { url } of [...apis, ...workers])
    expect(await (await fetch(`${url}/health/ready`)).json()).toEqual({ status: 'ready' })
  for (const { url } of workers)
    for (const place of ['/', '/trpc/server.about', '/auth/get-session'])
      expect([place, (await fetch(url + place)).status]).toEqual([place, 404])
}

/** One text with a viewer on each api; how long a letter takes from the provider to a viewer. */
async function measureText(run: StoryRun<Cluster>, task: StoryTask): Promise<{ median: number; figures: number[] }> {
  const { server, account, provider } = run
  const viewers = server.apis.map(({ url }) => run.watch(task, account.clientOver('sse', url)))
  await Promise.all(viewers.map((viewer) => viewer.finished))
  const { marks } = await provider.requestOf(task.marker)
  const delays = viewers.map(({ record }) => delaysOf(marks, record.seen))
  const [median, p99] = [50, 99].map((share) => percentile(delays.flat(), share)) as [number, number]
  console.log(`a letter took ${median.toFixed(1)} ms to a viewer elsewhere (median), ${p99.toFixed(1)} ms (p99)`)
  const figures = viewers.map(({ record }) => countFigures(record.connections.flat()))
  return { median, figures }
}

function countFigures(events: readonly FollowedEvent[]): number {
  return events.filter(({ event }) => 'type' in event && event.type === 'figures').length
}

function delaysOf(marks: readonly SentMark[], seen: readonly SentMark[]): number[] {
  return marks.map((mark) => seen.find(({ length }) => length >= mark.length)!.atMs - mark.atMs)
}

/** Stops tasks in mid-stream through one api after the other; how long until the provider's socket is closed (p99). */
async function measureStops(run: StoryRun<Cluster>, random: Random, count: number): Promise<number> {
  const delays: number[] = []
  const lanes = Array.from({ length: stopsAtOnce }, async (_, lane) => {
    for (let index = lane; index < count; index += stopsAtOnce) delays.push(await stopMidStream(run, random, index))
  })
  await Promise.all(lanes)
  const p99 = percentile(delays, 99)
  console.log(
    `${count} stops: the socket was closed after ${percentile(delays, 50).toFixed(0)} ms (median), ${p99.toFixed(0)} ms (p99)`,
  )
  expect(delays).toHaveLength(count)
  return p99
}

async function stopMidStream(run: StoryRun<Cluster>, random: Random, index: number): Promise<number> {
  const { server, account, provider } = run
  const task = await run.createTask(['rewrite'])
  const [here, other] = [server.apis[index % 2]!, server.apis[(index + 1) % 2]!]
  const watching = run.watch(task, account.clientOver('sse', here.url))
  const exchange = await provider.requestOf(task.marker)
  const textLength = random.between(1, 60)
  await watching.until((view) => (view.current?.text.length ?? 0) >= textLength)
  await pause(random.between(0, 40))
  const client = account.clientOver('sse', other.url)
  const askedAtMs = readClockMs()
  const [closedAtMs] = await Promise.all([exchange.closed, client.tasks.cancel.mutate({ taskId: task.taskId })])
  await watching.finished
  expect(watching.record.view?.end).toMatchObject({ status: 'cancelled' })
  return closedAtMs - askedAtMs
}
