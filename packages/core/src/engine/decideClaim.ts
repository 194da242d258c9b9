import type { Failure } from '../errors.ts'
import type { RewriteRecord, TaskRecord } from '../records.ts'
import type { TaskEnd } from './endTask.ts'
import type { EngineSettings } from './settings.ts'

/** A task that is queued, running or waiting, and what stands around it; its project's row is held. */
export type ClaimLook = {
  task: TaskRecord
  /** The project's other queued, running and waiting tasks, oldest first. */
  others: readonly TaskRecord[]
  runningOfUser: number
  /** The rewrite a former attempt left open. */
  open: RewriteRecord | null
  now: Date
  /** The project was removed after the task had been created. */
  isProjectRemoved: boolean
  /** The job by which the task was claimed is live, and is not the one in hand: who holds it goes on, or will be relieved by it. */
  isHeldElsewhere: boolean
  /** Null at a first claim. When it is made again: whether the task is in this worker's hand, by a claim of its own. */
  isOwnAgain: boolean | null
}

export type ClaimDecision =
  | { type: 'run'; crashes: number; timeLeftMs: number }
  | { type: 'leave' }
  | { type: 'end'; end: Exclude<TaskEnd, { status: 'completed' }> }

export function decideClaim(look: ClaimLook, settings: EngineSettings): ClaimDecision {
  const { task } = look
  if (look.isProjectRemoved) return { type: 'end', end: { status: 'cancelled' } }
  if (task.status === 'waiting' || isAtWork(look)) return { type: 'leave' }
  if (task.cancelRequestedAt !== null) return { type: 'end', end: { status: 'cancelled' } }
  const timeLeftMs = timeLeft(task, look.now, settings)
  if (timeLeftMs <= 0) return { type: 'end', end: { status: 'failed', failure: timeLimitFailure(settings) } }
  if (task.status === 'queued') return decideStart(look, settings, timeLeftMs)
  const crashes = countCrashes(look)
  if (crashes < settings.crashLimit) return { type: 'run', crashes, timeLeftMs }
  return { type: 'end', end: { status: 'failed', failure: crashedFailure(crashes) } }
}

/** Two hints for one task can be held by two workers: the one that comes second must not take it from the first. */
function isAtWork({ task, isHeldElsewhere, isOwnAgain }: ClaimLook): boolean {
  if (task.status !== 'running' || task.workerId === null) return false
  return isOwnAgain === null ? isHeldElsewhere : !isOwnAgain
}

function decideStart(
  { task, others, runningOfUser }: ClaimLook,
  settings: EngineSettings,
  timeLeftMs: number,
): ClaimDecision {
  const isBehind = others.some(
    (other) => other.status === 'running' || (other.status === 'queued' && comesBefore(other, task)),
  )
  if (isBehind || runningOfUser >= settings.tasksAtOnce) return { type: 'leave' }
  return { type: 'run', crashes: task.crashes, timeLeftMs }
}

/** First in, first out; ids are made in order and settle equal times. */
function comesBefore(other: TaskRecord, task: TaskRecord): boolean {
  const difference = other.createdAt.getTime() - task.createdAt.getTime()
  return difference < 0 || (difference === 0 && other.id < task.id)
}

/**
 * A hand-back (no worker named) is no crash, nor is an answer of the database that was lost; progress of the attempt that
 * crashed starts the count anew.
 */
function countCrashes({ task, open, isOwnAgain }: ClaimLook): number {
  if (task.workerId === null || isOwnAgain === true) return task.crashes
  if (open === null) return task.crashes + 1
  const startedFrom = open.spans.at(-1)?.from ?? 0
  const passedCheckpoint = (open.checkpoint?.length ?? 0) > startedFrom
  return passedCheckpoint || open.length > task.furthestLength ? 0 : task.crashes + 1
}

export function timeLeft(task: TaskRecord, now: Date, settings: EngineSettings): number {
  if (task.firstClaimedAt === null) return settings.taskTimeoutMs
  return settings.taskTimeoutMs - (now.getTime() - task.firstClaimedAt.getTime() - waitedUntil(task, now))
}

/** All its waiting for reviews; one that is over lasts until the task is claimed again, its place in the queue included. */
export function waitedUntil(task: TaskRecord, now: Date): number {
  return task.waitedMs + (task.waitingSince === null ? 0 : now.getTime() - task.waitingSince.getTime())
}

export function timeLimitFailure(settings: EngineSettings): Failure {
  const minutes = Math.round(settings.taskTimeoutMs / 60_000)
  return {
    code: 'task.timeLimit',
    message: `The task was still running after its time limit of ${minutes} minutes. Its text so far is kept.`,
    params: { limitMs: settings.taskTimeoutMs },
  }
}

function crashedFailure(crashes: number): Failure {
  return {
    code: 'task.crashedRepeatedly',
    message: `The server went down ${crashes} times in a row while working on this task, so it was not started again.`,
    params: { crashes },
  }
}
