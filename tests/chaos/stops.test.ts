import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { readClockMs } from '../../apps/server/src/providers/testing/index.ts'
import { percentile } from '../support/percentile.ts'
import { chooseSeed, createRandom, type Random } from '../support/random.ts'
import { openStoryRun, type ProcessRun } from '../support/storyRun.ts'
import { counts } from './counts.ts'

const pace = { tokens: 1_000, tokensPerSecond: 50 }
const atOnce = 4
const socketMs = 250 * counts.patience
const endMs = 1_000 * counts.patience

type Stop = { socketMs: number; endMs: number }

test(`${counts.stops} stops in mid-stream: the provider's socket is closed, the text is kept, the task is cancelled`, async () => {
  const random = createRandom(chooseSeed('stops'))
  await using run = await openStoryRun({ seed: random.seed, pace })
  const stops: Stop[] = []
  let left: number = counts.stops
  const stopOneByOne = async (): Promise<void> => {
    while (left-- > 0) stops.push(await stopMidStream(run, random))
  }
  await Promise.all(Array.from({ length: atOnce }, stopOneByOne))
  const sockets = stops.map((stop) => stop.socketMs)
  const ends = stops.map((stop) => stop.endMs)
  console.log(
    `sockets closed: median ${percentile(sockets, 50)} ms, p99 ${percentile(sockets, 99)} ms; cancelled: median ${percentile(ends, 50)} ms, longest ${Math.max(...ends)} ms`,
  )
  expect(stops).toHaveLength(counts.stops)
  expect(percentile(sockets, 99)).toBeLessThanOrEqual(socketMs)
  expect(Math.max(...ends)).toBeLessThanOrEqual(endMs)
  // The checker says that each text is an exact prefix of what was sent.
  expect(await run.stopAndCheck()).toEqual([])
})

/** Stops a task somewhere in its text; times are from the sending of the wish, in milliseconds. */
async function stopMidStream({ account, provider, createTask, watch }: ProcessRun, random: Random): Promise<Stop> {
  const task = await createTask(['rewrite'])
  const watching = watch(task)
  const exchange = await provider.requestOf(task.marker)
  const textLength = random.between(1, 120)
  await watching.until((view) => (view.current?.text.length ?? 0) >= textLength)
  await pause(random.between(0, 40))
  const askedAtMs = readClockMs()
  const [closedAtMs] = await Promise.all([exchange.closed, account.client.tasks.cancel.mutate({ taskId: task.taskId })])
  await watching.finished
  const endedAtMs = readClockMs()
  const { status, stages } = await account.client.tasks.get.query({ taskId: task.taskId })
  expect({ status, ending: stages[0]?.ending }).toEqual({ status: 'cancelled', ending: 'stopped' })
  expect(stages[0]!.length).toBeGreaterThanOrEqual(textLength)
  return { socketMs: Math.round(closedAtMs - askedAtMs), endMs: Math.round(endedAtMs - askedAtMs) }
}
