import { type Tx, UniqueViolation } from '../ports/database.ts'
import type { TaskPatch } from '../ports/taskStorage.ts'
import { hasEnded, type TaskRecord } from '../records.ts'
import { liveTasksOf, oldestFirst, taskStagesOf } from './projectReads.ts'
import { insertRow, patched, type Session } from './session.ts'
import { keyOf, rowOf } from './tables.ts'

type TaskOperations = Pick<
  Tx,
  | 'task'
  | 'taskStages'
  | 'taskByIdempotencyKey'
  | 'liveTasksOf'
  | 'countTasks'
  | 'callsInLastHour'
  | 'insertTask'
  | 'updateTask'
  | 'updateHeldTask'
  | 'updateTaskStage'
  | 'insertAttempt'
  | 'endAttempt'
  | 'queuedTasksToWake'
>

const taskTimeFields = ['cancelRequestedAt', 'firstClaimedAt', 'waitingSince', 'startedAt', 'endedAt', 'removedAt']
const hourMs = 3_600_000

export function taskOperations(session: Session): TaskOperations {
  return {
    async task(taskId) {
      return session.tables.tasks.get(taskId) ?? null
    },
    async taskStages(taskId) {
      return taskStagesOf(session.tables, taskId)
    },
    async taskByIdempotencyKey(userId, key) {
      return taskByIdempotencyKey(session, userId, key) ?? null
    },
    async liveTasksOf(projectId) {
      return liveTasksOf(session.tables, projectId)
    },
    async countTasks({ userId, statuses }) {
      const counts = (task: TaskRecord) =>
        statuses.includes(task.status) && (userId === undefined || task.createdBy === userId)
      return session.tables.tasks.all().filter(counts).length
    },
    async callsInLastHour(userId) {
      const calls = session.tables.calls.all().filter((call) => call.createdBy === userId)
      const agesMs = calls
        .map((call) => session.now.getTime() - call.startedAt.getTime())
        .filter((ageMs) => ageMs < hourMs)
      return { count: agesMs.length, oldestAgeMs: Math.max(0, ...agesMs) }
    },
    async insertTask(task) {
      insertTask(session, task)
    },
    async updateTask(taskId, where, patch) {
      return updateTask(session, taskId, { where, patch })
    },
    async queuedTasksToWake({ projectId, userId, limit }) {
      const queued = session.tables.tasks.all().filter((task) => task.status === 'queued')
      const own = oldestFirst(queued.filter((task) => task.projectId === projectId))
      const others = oldestFirst(queued.filter((task) => task.projectId !== projectId && task.createdBy === userId))
      return [...own, ...others].slice(0, limit).map((task) => ({ id: task.id, projectId: task.projectId }))
    },
    ...runOperations(session),
  }
}

/** The runs of a task: its stages and its attempts. */
function runOperations(
  session: Session,
): Pick<Tx, 'updateHeldTask' | 'updateTaskStage' | 'insertAttempt' | 'endAttempt'> {
  return {
    async updateHeldTask(taskId, patch) {
      rowOf(session.tables.tasks, taskId, 'task')
      updateTask(session, taskId, { where: {}, patch })
    },
    async updateTaskStage(taskId, key, patch) {
      const stage = rowOf(session.tables.taskStages, keyOf(taskId, key), 'stage of a task')
      const stamps = { now: session.now, timeFields: ['startedAt', 'endedAt'] }
      session.tables.taskStages.put(keyOf(taskId, key), patched(stage, patch, stamps))
    },
    async insertAttempt(attempt) {
      rowOf(session.tables.tasks, attempt.taskId, 'task')
      const row = { ...attempt, outcome: null, startedAt: session.now, endedAt: null }
      insertRow(session.tables.attempts, keyOf(attempt.taskId, attempt.attempt), row, 'attempts_pkey')
    },
    async endAttempt(taskId, attempt, outcome) {
      const row = rowOf(session.tables.attempts, keyOf(taskId, attempt), 'attempt')
      // The first outcome stays: a task ended while it waits for a review has its attempt ended already.
      if (row.endedAt !== null) return
      session.tables.attempts.put(keyOf(taskId, attempt), { ...row, outcome, endedAt: session.now })
    },
  }
}

function taskByIdempotencyKey(session: Session, userId: string, key: string): TaskRecord | undefined {
  return session.tables.tasks.all().find((task) => task.createdBy === userId && task.idempotencyKey === key)
}

function insertTask(session: Session, task: Parameters<Tx['insertTask']>[0]): void {
  rowOf(session.tables.projects, task.projectId, 'project')
  if (task.idempotencyKey !== null && taskByIdempotencyKey(session, task.createdBy, task.idempotencyKey)) {
    throw new UniqueViolation('tasks_created_by_idempotency_key_key')
  }
  insertRow(session.tables.tasks, task.id, { ...freshTask(session.now), ...task }, 'tasks_pkey')
  for (const [position, key] of task.stages.entries()) {
    const untouched = { status: 'queued' as const, rewriteId: null, promptTokens: 0, completionTokens: 0, score: null }
    const unset = { summary: null, failure: null, startedAt: null, endedAt: null }
    const row = { taskId: task.id, key, position, ...untouched, ...unset }
    insertRow(session.tables.taskStages, keyOf(task.id, key), row, 'task_stages_pkey')
  }
}

function freshTask(now: Date) {
  const zeroes = { attempt: 0, crashes: 0, furthestLength: 0, promptTokens: 0, completionTokens: 0, waitedMs: 0 }
  const times = {
    cancelRequestedAt: null,
    firstClaimedAt: null,
    waitingSince: null,
    startedAt: null,
    endedAt: null,
    removedAt: null,
  }
  const unset = { outside: null, currentStage: null, workerId: null, jobId: null, failure: null, usageEstimated: false }
  return { status: 'queued' as const, ...zeroes, ...times, ...unset, createdAt: now, updatedAt: now }
}

function updateTask(
  session: Session,
  taskId: string,
  { where, patch }: { where: Parameters<Tx['updateTask']>[1]; patch: TaskPatch },
): boolean {
  const task = session.tables.tasks.get(taskId)
  if (task === undefined) return false
  if (where.attempt !== undefined && where.attempt !== task.attempt) return false
  if (where.statuses !== undefined && !where.statuses.includes(task.status)) return false
  const updated = { ...patched(task, patch, { now: session.now, timeFields: taskTimeFields }), updatedAt: session.now }
  refuseImpossibleTask(session, task, updated)
  session.tables.tasks.put(taskId, updated)
  return true
}

/** What the database's constraints refuse. An ended task may only be hidden, counted as changed, and its key forgotten. */
function refuseImpossibleTask(session: Session, before: TaskRecord, after: TaskRecord): void {
  const { removedAt, eventSeq, idempotencyKey, updatedAt } = after
  const allowed = JSON.stringify({ ...before, removedAt, eventSeq, idempotencyKey, updatedAt })
  if (hasEnded(before.status) && allowed !== JSON.stringify(after)) {
    throw new Error(`Task ${before.id} has ended as ${before.status} and can't change.`)
  }
  if (hasEnded(after.status) !== (after.endedAt !== null))
    throw new Error(`Task ${after.id} would be ${after.status} with a wrong end.`)
  if ((after.status === 'failed') !== (after.failure !== null))
    throw new Error(`Only a failed task has a failure (${after.id}).`)
  if (after.status !== 'running') return
  const runs = liveTasksOf(session.tables, before.projectId).some(
    (task) => task.status === 'running' && task.id !== before.id,
  )
  if (runs) throw new UniqueViolation('tasks_one_running_key')
}
