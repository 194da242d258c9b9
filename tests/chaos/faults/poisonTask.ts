import { expect } from 'vitest'
import { openClusterRun, type Cluster, type ClusterOptions } from '../../support/clusterRun.ts'
import { createRandom } from '../../support/random.ts'
import type { StoryRun, StoryTask } from '../../support/storyRun.ts'

/** As the engine's settings have it. */
const crashLimit = 3
const handBacks = 2
/** Nothing comes before the worker is gone: no attempt is any progress. */
const silentPace = { tokens: 10, tokensPerSecond: 10, firstTokenMs: 50_000 }

/** A task that no worker survives; between its crashes workers are stopped in good order, which must not count. */
export async function poisonTask(options: Pick<ClusterOptions, 'databaseUrl' | 'seed'>): Promise<string[]> {
  const random = createRandom(options.seed)
  await using run = await openClusterRun({ ...options, pace: silentPace, apis: 1 })
  await run.server.startWorkers(2)
  const task = await run.createTask(['rewrite'])
  const watching = run.watch(task)
  await run.provider.requestOf(task.marker)
  const crashBeforeHandBack = Array.from({ length: handBacks }, () => random.between(0, crashLimit - 1))
  for (let crash = 0; crash < crashLimit; crash++) {
    for (const before of crashBeforeHandBack) if (before === crash) await endWorkerOf(run, task, 'SIGTERM')
    await endWorkerOf(run, task, 'SIGKILL', crash === crashLimit - 1)
  }
  await watching.finished

  expect(watching.record.view?.end).toMatchObject({ status: 'failed' })
  const { stages, error, attempts } = await run.account.client.tasks.get.query({ taskId: task.taskId })
  expect(error).toMatchObject({ code: 'task.crashedRepeatedly', params: { crashes: crashLimit } })
  expect(stages[0]).toMatchObject({ ending: 'interrupted' })
  expect(run.provider.requestsOf(task.marker)).toHaveLength(handBacks + crashLimit)
  // The last attempt is the one that ended it, without another call.
  const attemptsThat = (outcome: string): number => attempts.filter((attempt) => attempt.outcome === outcome).length
  expect([attemptsThat('handedBack'), attemptsThat('superseded'), attemptsThat('failed')]).toEqual([
    handBacks,
    crashLimit,
    1,
  ])
  return await run.stopAndCheck()
}

/** Ends the worker that has the task, starts another, and waits until one has begun again, unless it was the last time. */
async function endWorkerOf(
  { server, provider }: StoryRun<Cluster>,
  task: StoryTask,
  signal: NodeJS.Signals,
  isLast = false,
): Promise<void> {
  const begun = provider.requestsOf(task.marker).length
  const worker = await server.workerOf(task)
  await Promise.all([worker.kill(signal), server.startWorker()])
  if (!isLast) await provider.requestOf(task.marker, begun)
}
