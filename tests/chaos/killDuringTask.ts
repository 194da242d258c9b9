import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Random } from '../support/random.ts'
import type { ProcessRun } from '../support/storyRun.ts'

export const lifePace = { tokens: 60, tokensPerSecond: 80, firstTokenMs: 50 }
/** From the creation of a task to a little after the end it would have: three texts, and what lies between. */
const lifeMs = 3 * (50 + (60 / 80) * 1_000) + 600

/** Random, but spread over the whole life of a task, however few they are. */
export function chooseMoments(count: number, random: Random): number[] {
  return Array.from({ length: count }, (_, index) => ((index + 0.05 + random.next() * 0.9) / count) * lifeMs)
}

/** One task, one kill, one viewer who stays through it on a transport of its own. */
export async function killDuringTask(
  { server, account, createTask, watch }: ProcessRun,
  random: Random,
  momentMs: number,
): Promise<void> {
  const transport = random.pick(['sse', 'webSocket', 'polling'] as const)
  const task = await createTask()
  const watching = watch(task, account.clientOver(transport))
  await pause(momentMs)
  await server.kill()
  await server.start()
  await watching.finished
  const { connections, view } = watching.record
  expect(view?.end).toMatchObject({ status: 'completed' })
  const resets = connections.flat().filter(({ event }) => 'type' in event && event.type === 'reset')
  console.log(
    `killed after ${Math.round(momentMs)} ms: ${transport}, ${connections.length} connections, ${resets.length} resets`,
  )
}
