import type { PastRun, SweepRow, TaskDetails, TaskFilter, TaskLook } from '../ports/taskStorage.ts'
import type { TaskRecord } from '../records.ts'
import { overdueLimitOf } from './outsideReads.ts'
import { oldestFirst, pageOf, taskStagesOf } from './projectReads.ts'
import { rewritesWhere } from './rewriteReads.ts'
import { rowOf, type Tables } from './tables.ts'

export function lookAtTask(tables: Tables, taskId: string): TaskLook | null {
  const task = tables.tasks.get(taskId)
  return task === undefined ? null : lookOf(tables, task)
}

function lookOf(tables: Tables, task: TaskRecord): TaskLook {
  const { title, pipeline } = rowOf(tables.projects, task.projectId, 'project')
  return { task, stageRuns: taskStagesOf(tables, task.id), title, pipeline }
}

export function detailsOfTask(tables: Tables, taskId: string, now: Date): TaskDetails | null {
  const look = lookAtTask(tables, taskId)
  if (look === null) return null
  const attempts = tables.attempts.all().filter((attempt) => attempt.taskId === taskId)
  const calls = tables.calls.all().filter((call) => call.taskId === taskId)
  return {
    ...look,
    readAt: now,
    projectRevision: rowOf(tables.projects, look.task.projectId, 'project').revision,
    attempts: attempts.toSorted((a, b) => a.attempt - b.attempt),
    calls: calls.toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime()),
    rewrites: rewritesWhere(tables, (row) => row.taskId === taskId),
  }
}

export function pastRuns(
  tables: Tables,
  workspaceId: string,
  { pipeline, limit }: { pipeline: string; limit: number },
): PastRun[] {
  const tasks = tables.tasks
    .all()
    .filter(
      (task) =>
        task.workspaceId === workspaceId &&
        task.part === null &&
        task.continueFrom === null &&
        rowOf(tables.projects, task.projectId, 'project').pipeline === pipeline,
    )
  const runs = oldestFirst(tasks)
    .toReversed()
    .flatMap((task) => taskStagesOf(tables, task.id).toReversed())
  return runs
    .flatMap(({ key, status, startedAt, endedAt, rewriteId }) => {
      if (status !== 'done' || startedAt === null || endedAt === null || rewriteId === null) return []
      const { length } = rowOf(tables.rewrites, rewriteId, 'rewrite')
      return [{ key, durationMs: endedAt.getTime() - startedAt.getTime(), length }]
    })
    .slice(0, limit)
}

export function listTasks(tables: Tables, filter: TaskFilter): { total: number; tasks: TaskLook[] } {
  const found = tables.tasks.all().filter((task) => matchesFilter(tables, task, filter))
  const newestFirst = oldestFirst(found).toReversed()
  return { total: found.length, tasks: pageOf(newestFirst, filter).map((task) => lookOf(tables, task)) }
}

function matchesFilter(tables: Tables, task: TaskRecord, filter: TaskFilter): boolean {
  if (task.removedAt !== null || !filter.workspaceIds.includes(task.workspaceId)) return false
  if (filter.statuses !== undefined && !filter.statuses.includes(task.status)) return false
  if (filter.projectId !== undefined && task.projectId !== filter.projectId) return false
  if (filter.from !== undefined && task.createdAt < filter.from) return false
  if (filter.to !== undefined && task.createdAt > filter.to) return false
  return filter.pipeline === undefined || rowOf(tables.projects, task.projectId, 'project').pipeline === filter.pipeline
}

export function queuePosition(tables: Tables, taskId: string): number | null {
  const queued = oldestFirst(tables.tasks.all().filter((task) => task.status === 'queued'))
  const at = queued.findIndex((task) => task.id === taskId)
  const own = queued[at]
  if (own === undefined) return null
  return queued.slice(0, at).filter((task) => task.projectId === own.projectId || task.createdBy === own.createdBy)
    .length
}

export function changedTasks(
  tables: Tables,
  workspaceId: string,
  { afterSeq, limit }: { afterSeq: number; limit: number },
) {
  const changed = tables.tasks.all().filter((task) => task.workspaceId === workspaceId && task.eventSeq > afterSeq)
  const inOrder = changed.toSorted((a, b) => a.eventSeq - b.eventSeq).slice(0, limit)
  const { eventSeq } = rowOf(tables.workspaces, workspaceId, 'workspace')
  return { eventSeq, tasks: inOrder.map((task) => lookOf(tables, task)) }
}

export function cancelRequested(tables: Tables, taskIds: readonly string[]): string[] {
  const asked = (task: TaskRecord) =>
    task.status === 'running' && task.cancelRequestedAt !== null && taskIds.includes(task.id)
  return tables.tasks
    .all()
    .filter(asked)
    .map((task) => task.id)
}

export function sweepRows(tables: Tables, now: Date): SweepRow[] {
  const withJob = new Set(tables.jobs.all().map((job) => job.taskId))
  return tables.tasks.all().flatMap((task) => {
    const { id, projectId, status } = task
    if (status !== 'queued' && status !== 'running' && status !== 'waiting') return []
    return {
      id,
      projectId,
      status,
      hasLiveJob: withJob.has(id),
      ...agesOf(task, now),
      overdueLimitMs: overdueLimitOf(tables, id, now),
    }
  })
}

/** The time limit runs from the first claim; waiting, past and present, is not counted. */
function agesOf(task: TaskRecord, now: Date): Pick<SweepRow, 'queuedForMs' | 'ranForMs' | 'waitedForMs'> {
  const sinceMs = (time: Date | null) => (time === null ? 0 : now.getTime() - time.getTime())
  const waitedForMs = sinceMs(task.waitingSince)
  const ranForMs = task.firstClaimedAt === null ? 0 : sinceMs(task.firstClaimedAt) - task.waitedMs - waitedForMs
  return { queuedForMs: sinceMs(task.createdAt), ranForMs, waitedForMs }
}
