import { AppError } from '../errors.ts'
import type { Tx } from '../ports.ts'
import type { TaskRecord } from '../records.ts'
import type { EngineSettings } from './settings.ts'

const fullQueueRetryMs = 15_000
const hourMs = 3_600_000

/** What a user, a project and the whole installation have in hand before one more task is let in. */
export type Load = {
  aliveInProject: number
  queuedOfUser: number
  queuedInAll: number
  calls: { count: number; oldestAgeMs: number }
}

export async function readLoad(tx: Tx, userId: string, liveTasks: readonly TaskRecord[]): Promise<Load> {
  return {
    // One of them runs or is about to; what waits for a review stands in nobody's way.
    aliveInProject: liveTasks.filter((task) => task.status !== 'waiting').length,
    queuedOfUser: await tx.countTasks({ userId, statuses: ['queued'] }),
    queuedInAll: await tx.countTasks({ statuses: ['queued'] }),
    calls: await tx.callsInLastHour(userId),
  }
}

/** Null when one more task may come in; else the refusal, with the time after which to try again. */
export function decideAdmission(load: Load, settings: EngineSettings): AppError | null {
  if (load.aliveInProject > settings.projectQueueLimit) return queueFull('this project', settings.projectQueueLimit)
  if (load.queuedOfUser >= settings.queueLimit) return queueFull('your account', settings.queueLimit)
  if (load.queuedInAll >= settings.queueLimitTotal) return queueFull('this server', settings.queueLimitTotal)
  if (load.calls.count < settings.callsPerHour) return null
  const retryAfterMs = Math.max(1_000, hourMs - load.calls.oldestAgeMs)
  const message = `You have made ${load.calls.count} model calls in the last hour and may make ${settings.callsPerHour}. Try again in ${Math.ceil(retryAfterMs / 60_000)} minutes.`
  return new AppError('limit.callsPerHour', message, { params: { limit: settings.callsPerHour, retryAfterMs } })
}

function queueFull(whose: string, limit: number): AppError {
  const message = `The queue of ${whose} is full (${limit} waiting tasks). Try again when one of them has started.`
  return new AppError('queue.full', message, { params: { limit, retryAfterMs: fullQueueRetryMs } })
}
