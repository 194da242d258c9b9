import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { readClockMs } from '../../../apps/server/src/providers/testing/index.ts'
import { openClusterRun, type Cluster, type ClusterOptions } from '../../support/clusterRun.ts'
import { percentile } from '../../support/percentile.ts'
import { createRandom, type Random } from '../../support/random.ts'
import type { StoryRun } from '../../support/storyRun.ts'
import { countResets } from '../../support/viewerRecord.ts'
import { counts } from '../counts.ts'

const pace = { tokens: 100, tokensPerSecond: 60, firstTokenMs: 50 }
/** The lease, and what passes until somebody looks at it. */
const goesOnWithinMs = 15_000 * counts.patience

export type WorkerKills = Pick<ClusterOptions, 'databaseUrl' | 'environment' | 'seed'> & {
  kills: number
  atOnce: number
}

/** Each worker has one task at a time, so that a kill is one of one task; each killed one is replaced at once. */
export async function killWorkers({ kills, atOnce, environment, ...options }: WorkerKills): Promise<string[]> {
  await using run = await openClusterRun({
    ...options,
    pace,
    apis: 2,
    environment: { ...environment, WORKER_SLOTS: '1' },
  })
  await run.server.startWorkers(atOnce + 1)
  const ends: Killed[] = []
  const lanes = Array.from({ length: atOnce }, async (_, lane) => {
    const random = createRandom(options.seed + lane)
    for (let index = lane; index < kills; index += atOnce) ends.push(await killWorkerOfTask(run, random))
  })
  const failures = (await Promise.allSettled(lanes)).flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  expect(failures).toEqual([])

  const times = ends.flatMap(({ goneOnAfterMs }) => goneOnAfterMs ?? [])
  const resets = ends.reduce((sum, end) => sum + end.resets, 0)
  console.log(
    `${ends.length} workers killed: the text went on after ${Math.round(percentile(times, 50))} ms (median), ${Math.round(Math.max(...times))} ms (longest); ${resets} resets`,
  )
  // Whether anything was lost comes before how long it took.
  const found = await run.stopAndCheck()
  expect(found).toEqual([])
  expect(ends).toHaveLength(kills)
  expect(times.length).toBeGreaterThan(0)
  expect(Math.max(...times)).toBeLessThanOrEqual(goesOnWithinMs)
  expect(resets).toBeGreaterThan(0)
  return found
}

/** `goneOnAfterMs`: until the provider was asked again; null when there was nothing left to ask. */
type Killed = { goneOnAfterMs: number | null; resets: number }

async function killWorkerOfTask(run: StoryRun<Cluster>, random: Random): Promise<Killed> {
  const { server, account, provider } = run
  const task = await run.createTask()
  const transports = [random.pick(['sse', 'webSocket'] as const), random.pick(['sse', 'webSocket', 'polling'] as const)]
  const viewers = server.apis.map(({ url }, index) => run.watch(task, account.clientOver(transports[index]!, url)))
  const [stage, length] = [random.between(1, 3), random.between(0, 350)]
  await viewers[0]!.until(
    ({ texts, current }) => texts.size > stage || (texts.size === stage && (current?.text.length ?? 0) >= length),
  )
  // So that kills also come between a text and the next.
  await pause(random.between(0, 300))
  const worker = await server.workerOf(task)
  const killedAtMs = readClockMs()
  await worker.kill()
  await server.startWorker()
  await Promise.all(viewers.map((viewer) => viewer.finished))
  for (const { record } of viewers) expect(record.view?.end).toMatchObject({ status: 'completed' })
  const next = provider.requestsOf(task.marker).find(({ request }) => request.receivedAtMs > killedAtMs)
  return {
    goneOnAfterMs: next === undefined ? null : next.request.receivedAtMs - killedAtMs,
    resets: viewers.reduce((sum, { record }) => sum + countResets(record), 0),
  }
}
