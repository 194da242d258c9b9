import type { AppError, Failure } from '../errors.ts'
import type { Tx } from '../ports.ts'
import type { Usage } from '../ports/provider.ts'
import type { Job } from '../ports/queue.ts'
import type { StageStatus, TaskRecord, TaskStatus } from '../records.ts'
import { announce } from './announce.ts'
import type { Change } from './change.ts'
import { withdrawOutside } from './settleOutside.ts'
import { stagesLeft } from './stagesLeft.ts'

const wakeLimit = 10

export type TaskEnd = { status: 'completed' } | { status: 'failed'; failure: Failure } | { status: 'cancelled' }

/**
 * Ends a task inside a transaction that holds its project: status, usage, stages it never reached, its jobs, and a hint for
 * each task that was waiting for its place. The rewrite it was writing must be closed before.
 * Answers false when the task is not the one it was (another attempt, ended already): nothing was changed then.
 */
export async function endTask(change: Change, task: TaskRecord, end: TaskEnd, job: Job | null): Promise<boolean> {
  const { tx } = change
  if (task.outside !== null && end.status !== 'completed') await withdrawOutside(tx, task, end)
  const eventSeq = await change.touchWorkspace(task.workspaceId)
  const ended = await tx.updateTask(
    task.id,
    { attempt: task.attempt, statuses: ['queued', 'running', 'waiting'] },
    {
      status: end.status,
      failure: end.status === 'failed' ? end.failure : null,
      currentStage: null,
      outside: null,
      workerId: null,
      ...usageOf(task),
      eventSeq,
      endedAt: 'now',
    },
  )
  if (!ended) return false
  if (task.attempt > 0) await tx.endAttempt(task.id, task.attempt, end.status)
  if (end.status !== 'completed') await freeQueuedStages(tx, task)
  if (job !== null) await tx.completeJob(job)
  else await tx.removeJobs(task.id)
  await wakeWaiting(tx, task)
  const failure = end.status === 'failed' ? end.failure : null
  await announce(tx, task, { event: `task.${end.status}`, failure })
  return true
}

/** A task has left its place: those that waited for it, in its project or for its user, are looked at. */
export async function wakeWaiting(tx: Tx, task: TaskRecord): Promise<void> {
  const where = { projectId: task.projectId, userId: task.createdBy, limit: wakeLimit }
  for (const next of await tx.queuedTasksToWake(where)) await tx.sendJob({ taskId: next.id, projectId: next.projectId })
}

/** The task with the usage of one more run. */
export function addUsage(task: TaskRecord, usage: Usage): TaskRecord {
  return {
    ...task,
    promptTokens: task.promptTokens + usage.promptTokens,
    completionTokens: task.completionTokens + usage.completionTokens,
    usageEstimated: task.usageEstimated || usage.estimated,
  }
}

export function failureOf({ code, message, params }: AppError): Failure {
  return { code, message, params }
}

export function usageOf(task: TaskRecord): Pick<TaskRecord, 'promptTokens' | 'completionTokens' | 'usageEstimated'> {
  const { promptTokens, completionTokens, usageEstimated } = task
  return { promptTokens, completionTokens, usageEstimated }
}

/** Stages that waited for this task go on waiting for another, or back to what they were. */
async function freeQueuedStages(tx: Tx, task: TaskRecord): Promise<void> {
  const others = (await tx.liveTasksOf(task.projectId)).filter((other) => other.id !== task.id)
  const wishes: { status: TaskStatus; left: string[] }[] = []
  for (const other of others) wishes.push({ status: other.status, left: await stagesLeft(tx, other) })
  for (const stage of await tx.stages(task.projectId)) {
    const waits = stage.status === 'queued' || stage.status === 'waiting'
    if (!waits || !task.stages.includes(stage.key)) continue
    const wishing = wishes.filter(({ left }) => left.includes(stage.key))
    const isInReview = wishing.every(({ status, left }) => status === 'waiting' && left[0] === stage.key)
    if (wishing.length > 0) {
      await tx.updateStage(task.projectId, stage.key, { status: isInReview ? 'waiting' : 'queued' })
      continue
    }
    const current = stage.currentRewriteId === null ? null : await tx.rewrite(stage.currentRewriteId)
    await tx.updateStage(task.projectId, stage.key, { status: restingStatus(stage.failure, current?.ending ?? null) })
  }
}

/** What a stage shows when nothing is about to happen to it. */
export function restingStatus(failure: Failure | null, currentEnding: string | null): StageStatus {
  if (failure !== null) return 'failed'
  if (currentEnding === null) return 'ready'
  return currentEnding === 'complete' ? 'done' : 'stopped'
}
