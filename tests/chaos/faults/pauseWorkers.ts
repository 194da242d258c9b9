import { expect } from 'vitest'
import { openClusterRun, type Cluster, type ClusterOptions } from '../../support/clusterRun.ts'
import { createRandom, type Random } from '../../support/random.ts'
import type { StoryRun } from '../../support/storyRun.ts'
import { countResets } from '../../support/viewerRecord.ts'

/** Long enough to be still written when its worker wakes up. */
const pausedPace = { tokens: 2_000, tokensPerSecond: 50 }
/** Still being written elsewhere when the paused one wakes up and writes late. */
const secondPace = { tokens: 250, tokensPerSecond: 50 }

/** A worker stops past its lease, as a machine does whose memory is swapped out, and goes on as if nothing had been. */
export async function pauseWorkers(
  options: Pick<ClusterOptions, 'databaseUrl' | 'environment' | 'seed'>,
  pauses: number,
): Promise<string[]> {
  const random = createRandom(options.seed)
  await using run = await openClusterRun({ ...options, pace: pausedPace, apis: 2 })
  await run.server.startWorkers(2)
  for (let made = 0; made < pauses; made++) await pauseWorkerOfTask(run, random)
  return await run.stopAndCheck()
}

async function pauseWorkerOfTask(run: StoryRun<Cluster>, random: Random): Promise<void> {
  const { server, account, provider } = run
  provider.setPace(pausedPace)
  const task = await run.createTask(['rewrite'])
  const viewers = server.apis.map(({ url }) =>
    run.watch(task, account.clientOver(random.pick(['sse', 'webSocket'] as const), url)),
  )
  const first = await provider.requestOf(task.marker)
  const length = random.between(1, 400)
  await Promise.all(viewers.map((viewer) => viewer.until(({ current }) => (current?.text.length ?? 0) >= length)))
  const paused = await server.workerOf(task)

  provider.setPace(secondPace)
  paused.pause()
  const second = await provider.requestOf(task.marker, 1)
  expect(await server.workerOf(task)).not.toBe(paused)
  await viewers[0]!.until(({ current }) => current?.attempt === 2 && current.text.length >= length)
  const sentBeforeWaking = first.sentText.length
  paused.resume()
  // It is told that the text is another's as soon as it writes, and hangs up.
  await first.closed
  await Promise.all(viewers.map((viewer) => viewer.finished))

  expect(first.sentText.length).toBeGreaterThanOrEqual(sentBeforeWaking)
  expect(second.sentText.length).toBeGreaterThan(0)
  expect(provider.requestsOf(task.marker)).toHaveLength(2)
  for (const { record } of viewers) {
    expect(record.view?.end).toMatchObject({ status: 'completed' })
    expect(countResets(record)).toBe(1)
  }
}
