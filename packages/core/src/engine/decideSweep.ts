import type { Failure } from '../errors.ts'
import type { SweepRow } from '../ports.ts'
import type { TaskEnd } from './endTask.ts'
import type { EngineSettings } from './settings.ts'

export type SweepDecision =
  | { type: 'leave' }
  | { type: 'sendJob' }
  | { type: 'end'; end: Exclude<TaskEnd, { status: 'completed' }> }

/** What to do with a task that should be alive: nothing, a new hint, or an end by its age. */
export function decideSweep(row: SweepRow, settings: EngineSettings): SweepDecision {
  switch (row.status) {
    case 'waiting':
      if (row.overdueLimitMs !== null) return endFailed(processorTimeLimit(row.overdueLimitMs))
      return row.waitedForMs > settings.waitingTimeoutMs
        ? { type: 'end', end: { status: 'cancelled' } }
        : { type: 'leave' }
    case 'queued':
      // Queued again after a review it is judged by its running time, not by its age.
      if (row.ranForMs === 0 && row.queuedForMs > settings.queuedTimeoutMs) return endFailed(queuedTooLong(settings))
      return row.hasLiveJob ? { type: 'leave' } : { type: 'sendJob' }
    case 'running':
      // The claim that the new hint leads to ends what is past its time.
      return row.hasLiveJob ? { type: 'leave' } : { type: 'sendJob' }
  }
}

function endFailed(failure: Failure): SweepDecision {
  return { type: 'end', end: { status: 'failed', failure } }
}

function processorTimeLimit(limitMs: number): Failure {
  const minutes = Math.max(1, Math.round(limitMs / 60_000))
  return {
    code: 'processor.timeLimit',
    message: `The outside processor gave no result within its time limit of ${minutes} minutes.`,
    params: { limitMs },
  }
}

function queuedTooLong(settings: EngineSettings): Failure {
  const hours = Math.round(settings.queuedTimeoutMs / 3_600_000)
  return {
    code: 'task.queuedTooLong',
    message: `The task waited in the queue for more than ${hours} hours and was given up. Create it again.`,
    params: { limitMs: settings.queuedTimeoutMs },
  }
}
