import type {
  AttemptOutcome,
  AttemptRecord,
  CallRecord,
  RewriteRecord,
  TaskRecord,
  TaskStageRecord,
  TaskStatus,
} from '../records.ts'
import type { Stamped } from './patches.ts'

export type TaskLook = { task: TaskRecord; stageRuns: TaskStageRecord[]; title: string; pipeline: string }
/** With the project's revision that all of it belongs to. */
export type TaskDetails = TaskLook & {
  projectRevision: number
  /** When it was read, by the database's clock. */
  readAt: Date
  attempts: AttemptRecord[]
  calls: CallRecord[]
  rewrites: RewriteRecord[]
}

/** A stage's run that ended well, of all its text. `length` in UTF-16 code units. */
export type PastRun = { key: string; durationMs: number; length: number }

export type TaskFilter = {
  workspaceIds: readonly string[]
  statuses?: readonly TaskStatus[]
  pipeline?: string
  projectId?: string
  from?: Date
  to?: Date
  page: number
  pageSize: number
}

export type TaskPatch = Stamped<
  Omit<TaskRecord, 'id' | 'workspaceId' | 'projectId' | 'createdBy' | 'createdAt' | 'updatedAt' | 'stages'>
>
export type TaskStagePatch = Stamped<Omit<TaskStageRecord, 'taskId' | 'key' | 'position'>>

/** What the sweep needs to know about a task that should be alive. */
export type SweepRow = {
  id: string
  projectId: string
  status: 'queued' | 'running' | 'waiting'
  hasLiveJob: boolean
  /** Milliseconds, by the database's clock. */
  queuedForMs: number
  ranForMs: number
  waitedForMs: number
  /** Of a task whose outside processor had its time: how long that was. Null otherwise. */
  overdueLimitMs: number | null
}

/** What a transaction does with tasks, their stages, attempts and calls. */
export interface TaskTx {
  task(taskId: string): Promise<TaskRecord | null>
  taskStages(taskId: string): Promise<TaskStageRecord[]>
  taskByIdempotencyKey(userId: string, key: string): Promise<TaskRecord | null>
  /** Queued, running and waiting tasks of a project, oldest first. */
  liveTasksOf(projectId: string): Promise<TaskRecord[]>
  countTasks(where: { userId?: string; statuses: readonly TaskStatus[] }): Promise<number>
  /** Calls of the user in the last hour, and how many milliseconds ago the oldest of them began. */
  callsInLastHour(userId: string): Promise<{ count: number; oldestAgeMs: number }>
  /** A repeat of (createdBy, idempotencyKey) throws UniqueViolation. */
  insertTask(
    task: Pick<
      TaskRecord,
      | 'id'
      | 'workspaceId'
      | 'projectId'
      | 'createdBy'
      | 'stages'
      | 'idempotencyKey'
      | 'requestHash'
      | 'instruction'
      | 'part'
      | 'continueFrom'
      | 'inputs'
      | 'model'
      | 'reviewEach'
      | 'retryOf'
      | 'eventSeq'
    >,
  ): Promise<void>
  /** `false` when the task's attempt or status is no longer what `where` says. Sets `updatedAt`. `'now'` is the transaction's time. */
  updateTask(
    taskId: string,
    where: { attempt?: number; statuses?: readonly TaskStatus[] },
    patch: TaskPatch,
  ): Promise<boolean>
  /** Changes a task that was read while its project's row was held: nobody else can have. Sets `updatedAt`. */
  updateHeldTask(taskId: string, patch: TaskPatch): Promise<void>
  updateTaskStage(taskId: string, key: string, patch: TaskStagePatch): Promise<void>
  insertAttempt(attempt: Pick<AttemptRecord, 'taskId' | 'attempt' | 'workerId'>): Promise<void>
  endAttempt(taskId: string, attempt: number, outcome: AttemptOutcome): Promise<void>
  /** Queued tasks an ending one may have made room for: the project's, then the user's others, oldest first. */
  queuedTasksToWake(where: {
    projectId: string
    userId: string
    limit: number
  }): Promise<{ id: string; projectId: string }[]>

  /** What came of a call; see {@link TaskStorage.endCall}. */
  endCall: TaskStorage['endCall']
}

/** Tasks, with their stages, attempts and calls. */
export interface TaskStorage {
  taskLook(taskId: string): Promise<TaskLook | null>
  /** The task and the rewrites it made, in order of `no`, as of one moment. */
  taskWithRewrites(taskId: string): Promise<{ task: TaskRecord; rewrites: RewriteRecord[] } | null>
  taskDetails(taskId: string): Promise<TaskDetails | null>
  /** The newest stage runs of a workspace's projects of one pipeline that ended well, newest first. */
  pastRuns(workspaceId: string, pipeline: string, limit: number): Promise<PastRun[]>
  listTasks(filter: TaskFilter): Promise<{ total: number; tasks: TaskLook[] }>
  /** How many queued tasks of the user or project stand before this one; null when it is not queued. */
  queuePosition(taskId: string): Promise<number | null>
  /** Tasks of a workspace changed after an event number, in order of the number, with the workspace's present number. */
  changedTasks(workspaceId: string, afterSeq: number, limit: number): Promise<{ eventSeq: number; tasks: TaskLook[] }>
  /** Running tasks among `taskIds` that were asked to stop. */
  cancelRequested(taskIds: readonly string[]): Promise<string[]>

  insertCall(
    call: Omit<
      CallRecord,
      | 'startedAt'
      | 'endedAt'
      | 'outcome'
      | 'failure'
      | 'firstTextMs'
      | 'promptTokens'
      | 'completionTokens'
      | 'usageEstimated'
      | 'reasoning'
    >,
  ): Promise<void>
  endCall(
    callId: string,
    ending: Pick<
      CallRecord,
      'outcome' | 'failure' | 'firstTextMs' | 'promptTokens' | 'completionTokens' | 'usageEstimated' | 'reasoning'
    >,
  ): Promise<void>

  sweepRows(): Promise<SweepRow[]>
  /** Forgets idempotency keys older than `ageMs`. */
  forgetIdempotencyKeys(ageMs: number): Promise<void>
}
