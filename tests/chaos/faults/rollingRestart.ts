import type { Client } from '@stagewright/client'
import { expect } from 'vitest'
import { askAgain } from '../../support/askAgain.ts'
import { openClusterRun, type Cluster, type ClusterOptions } from '../../support/clusterRun.ts'
import { startRoundRobin, type RoundRobin } from '../../support/roundRobin.ts'
import type { ServerProcess } from '../../support/serverProcess.ts'
import { allStages, type StoryRun, type StoryTask } from '../../support/storyRun.ts'
import type { Watching } from '../../support/viewerRecord.ts'
import { counts } from '../counts.ts'

const pace = { tokens: 150, tokensPerSecond: 50, firstTokenMs: 30 }
const stallMs = 1_000 * counts.patience
const tasksAtOnce = 4

export type Rolling = Pick<ClusterOptions, 'databaseUrl' | 'environment' | 'seed'> & { rounds: number }

/** Every process is replaced, one after the other, as a deploy does it, while tasks run and are followed. */
export async function rollRestart({ rounds, ...options }: Rolling): Promise<string[]> {
  await using stack = new AsyncDisposableStack()
  const run = stack.use(await openClusterRun({ ...options, pace, apis: 2 }))
  await run.server.startWorkers(2)
  const way = stack.use(await startRoundRobin(run.server.apis.map(({ port }) => port)))
  // The account's own goes straight to an api that will not be there for long.
  const client = run.account.clientOver('sse', way.url)
  const followed: Followed[] = []
  let isOver = false
  const lanes = Array.from({ length: tasksAtOnce }, async () => {
    while (!isOver) followed.push(await followOne(run, way, client))
  })
  const rolling = roll(run.server, way, rounds).finally(() => (isOver = true))
  const ends = await Promise.allSettled([rolling, ...lanes])
  expect(ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []))).toEqual([])

  const stalls = followed.flatMap(({ viewers }) => viewers.map(longestStallMs))
  const repeats = await countRepeats(run, client, followed)
  console.log(
    `${followed.length} tasks through ${rounds} rolling restarts: ${repeats} calls made again; the longest stall of a viewer was ${Math.round(Math.max(...stalls))} ms`,
  )
  const found = await run.stopAndCheck()
  expect(found).toEqual([])
  expect(repeats).toBeGreaterThan(0)
  expect(Math.max(...stalls)).toBeLessThanOrEqual(stallMs)
  return found
}

/** A replacement is there before the old one is told to go, and is sent the viewers from then on. */
async function roll(server: Cluster, way: RoundRobin, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const [apis, workers] = [server.apis.slice(-2), server.workers.slice(-2)]
    for (const index of [0, 1]) {
      await server.startApi()
      way.lead(server.apis.slice(-2).map(({ port }) => port))
      await expectGoodEnd(apis[index]!)
      await server.startWorker()
      await expectGoodEnd(workers[index]!)
    }
  }
}

async function expectGoodEnd(old: ServerProcess): Promise<void> {
  const exit = await old.kill('SIGTERM')
  expect(exit).toMatchObject({ code: 0, signal: null })
}

type Followed = { task: StoryTask; viewers: Watching[] }

async function followOne(run: StoryRun<Cluster>, way: RoundRobin, client: Client): Promise<Followed> {
  const idempotencyKey = crypto.randomUUID()
  const project = await askAgain(() => run.createProject(client))
  const task = await askAgain(() => run.createTaskIn(project, allStages, { client, idempotencyKey }))
  const viewers = (['sse', 'webSocket'] as const).map((transport) =>
    run.watch(task, run.account.clientOver(transport, way.url)),
  )
  await Promise.all(viewers.map((viewer) => viewer.finished))
  for (const { record } of viewers) expect(record.view?.end).toMatchObject({ status: 'completed' })
  return { task, viewers }
}

/** How many calls were made again; as many as attempts were handed back in the middle of one, and no other. */
async function countRepeats(run: StoryRun<Cluster>, client: Client, followed: readonly Followed[]): Promise<number> {
  let repeats = 0
  for (const { task } of followed) {
    const { attempts } = await askAgain(() => client.tasks.get.query({ taskId: task.taskId }))
    const handedBack = attempts.filter(({ outcome }) => outcome === 'handedBack').length
    const repeated = run.provider.requestsOf(task.marker).length - allStages.length
    expect(attempts.map(({ outcome }) => outcome)).toEqual([
      ...Array<string>(handedBack).fill('handedBack'),
      'completed',
    ])
    expect(repeated).toBeLessThanOrEqual(handedBack)
    repeats += repeated
  }
  return repeats
}

/** The longest time in which a viewer's text did not change, from its first letter to the end. */
function longestStallMs({ record: { seen } }: Watching): number {
  const changes = seen.filter(({ length }, index) => length > 0 && length !== seen[index - 1]?.length)
  return Math.max(...changes.map(({ atMs }, index) => atMs - (changes[index - 1]?.atMs ?? atMs)))
}
