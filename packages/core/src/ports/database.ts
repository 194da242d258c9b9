import type { ErrorCode } from '../errors.ts'
import type {
  AttemptOutcome,
  AttemptRecord,
  CallRecord,
  DraftRecord,
  Ending,
  FileRecord,
  ProjectRecord,
  ProviderRecord,
  RewriteRecord,
  StageRecord,
  TaskRecord,
  TaskStageRecord,
  TaskStatus,
} from '../records.ts'
import type { ActiveProcessor, MadeOutside, OutsideStorage, OutsideTx } from './outsideStorage.ts'
import type { Patch, Stamped } from './patches.ts'
import type { Job, JobState } from './queue.ts'

/** Chunks of text to make durable, one row a stream. */
export type ChunkWrite = { rewriteId: string; attempt: number; offset: number; text: string }
/** A stream whose row was still the writer's own. Streams not answered are lost to a newer attempt or closed. */
export type ChunkWritten = { rewriteId: string; cancelRequested: boolean }

/** A rewrite's head and its stored text from an offset on, read in one statement. */
export type StoredText = { rewrite: RewriteRecord; from: number; text: string }

/** A text somebody has had made already, with the title of its project. */
export type MadeText = { rewrite: RewriteRecord; title: string }

/** The present level state of a project, read in one consistent look. */
export type ProjectLook = {
  project: ProjectRecord
  stages: StageRecord[]
  /** Heads of the stages' current and last rewrites and of the open one, each once. */
  rewrites: RewriteRecord[]
  /** Queued, running and waiting tasks, oldest first. */
  tasks: (TaskRecord & { stageRuns: TaskStageRecord[] })[]
}

export type ProjectStanding = ProjectLook & {
  /** How many tasks of each user who has live ones here are running, here or anywhere. */
  runningByUser: Readonly<Record<string, number>>
  /** The active processors of the project's pipeline. */
  processors: ActiveProcessor[]
}

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

export type ProjectFilter = {
  workspaceIds: readonly string[]
  search?: string
  pipeline?: string
  archived: boolean
  page: number
  pageSize: number
}

/**
 * What one transaction can do. The order of locks is: project, then workspace where a number or a count is needed, task
 * and rewrite; `touchProject` comes first in every transaction that changes anything of a project.
 * `now` in times means the transaction's time by the database's clock.
 */
export interface Tx extends OutsideTx {
  /** The transaction's time. */
  now(): Promise<Date>

  /** Raises the project's revision and holds its row. Null when there is none (removed ones are still found). */
  touchProject(projectId: string): Promise<ProjectRecord | null>
  /** `touchProject` and `touchWorkspace` of the project's workspace at once. */
  touchProjectAndWorkspace(projectId: string): Promise<{ project: ProjectRecord; eventSeq: number } | null>
  insertProject(
    project: Omit<ProjectRecord, 'revision' | 'lastRewriteNo' | 'archivedAt' | 'removedAt' | 'createdAt' | 'updatedAt'>,
    stageKeys: readonly string[],
  ): Promise<void>
  updateProject(
    projectId: string,
    patch: Patch<Pick<ProjectRecord, 'title' | 'input' | 'lastRewriteNo' | 'archivedAt' | 'removedAt'>>,
  ): Promise<void>
  /** Raises the workspace's event number and holds its row. */
  touchWorkspace(workspaceId: string): Promise<number>

  stages(projectId: string): Promise<StageRecord[]>
  /** Everything that stands in a project, in one look: what a claim or a next stage is decided by. */
  projectStanding(projectId: string): Promise<ProjectStanding | null>
  updateStage(
    projectId: string,
    key: string,
    patch: Patch<Omit<StageRecord, 'projectId' | 'key' | 'position'>>,
  ): Promise<void>

  rewrite(rewriteId: string): Promise<RewriteRecord | null>
  /** The stored text, open or closed; null when there is no such rewrite. */
  storedText(rewriteId: string): Promise<string | null>
  openRewriteOf(projectId: string): Promise<RewriteRecord | null>
  /** Instructions of the rewrites that led to this one, following `baseRewriteId`, oldest first. */
  instructionsUpTo(rewriteId: string): Promise<string[]>
  /** Adds an open rewrite, its number given. It begins with a copied text, which is final, or with none. */
  insertOpenRewrite(
    rewrite: Pick<
      RewriteRecord,
      | 'id'
      | 'projectId'
      | 'stageKey'
      | 'no'
      | 'kind'
      | 'taskId'
      | 'attempt'
      | 'inputRewriteId'
      | 'baseRewriteId'
      | 'instruction'
      | 'createdBy'
    > & { copied?: { text: string; checkpoint: unknown } },
  ): Promise<void>
  /** Adds a rewrite that is closed from the start, with its whole text. Without `made` it is complete and no task's. */
  insertClosedRewrite(
    rewrite: Pick<
      RewriteRecord,
      | 'id'
      | 'projectId'
      | 'stageKey'
      | 'no'
      | 'kind'
      | 'inputRewriteId'
      | 'baseRewriteId'
      | 'instruction'
      | 'createdBy'
      | 'summary'
    > & { text: string; sha256: string; made?: MadeOutside },
  ): Promise<void>
  /**
   * Moves the fence: the row now belongs to `attempt`, text from `keepUpTo` on is gone, the span is recorded and
   * the checkpoint kept. Locks the row, so a late chunk of an older attempt either came before or changes nothing.
   */
  takeOverRewrite(rewriteId: string, takeover: { attempt: number; keepUpTo: number }): Promise<void>
  /** Fenced: false when the row belongs to another attempt, is closed, or its length is not `length`. */
  setCheckpoint(rewriteId: string, fence: { attempt: number; length: number }, content: unknown): Promise<boolean>
  /**
   * Closes the rewrite: its chunks become one text. Fenced by attempt and length; false when the fence refuses.
   * `text` must be the whole text and `sha256` its hash.
   */
  closeRewrite(
    rewriteId: string,
    fence: { attempt: number; length: number },
    closing: {
      ending: Ending
      text: string
      sha256: string
      summary: string | null
      promptTokens: number | null
      completionTokens: number | null
      /** What it was made from, see {@link Database.madeText}; null when nobody may take it for the same again. */
      fingerprint?: string | null
    },
  ): Promise<boolean>

  draft(projectId: string, stageKey: string, userId: string): Promise<DraftRecord | null>
  saveDraft(draft: Omit<DraftRecord, 'updatedAt'>): Promise<void>
  removeDraft(projectId: string, stageKey: string, userId: string): Promise<void>

  task(taskId: string): Promise<TaskRecord | null>
  taskStages(taskId: string): Promise<TaskStageRecord[]>
  taskByIdempotencyKey(userId: string, key: string): Promise<TaskRecord | null>
  /** Queued, running and waiting tasks of a project, oldest first. */
  liveTasksOf(projectId: string): Promise<TaskRecord[]>
  countTasks(where: { userId?: string; statuses: readonly TaskStatus[] }): Promise<number>
  /** Calls of the user in the last hour, and how many milliseconds ago the oldest of them began. */
  callsInLastHour(userId: string): Promise<{ count: number; oldestAgeMs: number }>
  /** A repeat of (createdBy, idempotencyKey) throws {@link UniqueViolation}. */
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

  /** A hint to look at the task, fetchable once this transaction has committed. */
  sendJob(job: { taskId: string; projectId: string; delayMs?: number }): Promise<void>
  completeJob(job: Job): Promise<void>
  /** Null when it is done with. `retryCount` is what its last fetch gave. */
  jobState(jobId: string): Promise<JobState | null>
  /** Removes waiting jobs of a task that has ended. */
  removeJobs(taskId: string): Promise<void>

  /** What came of a call; see {@link Database.endCall}. */
  endCall: Database['endCall']

  file(fileId: string): Promise<FileRecord | null>
  /**
   * The content is whole: from now on the file is seen, of its project and version where they are named. False when it
   * is stored already, or was inserted so long ago (`storeWithinMs`) that it may be forgotten at any moment.
   */
  markFileStored(fileId: string, stored: StoredFile): Promise<boolean>
  /** Gives a stored file to a project of its workspace, and to a version there; false when it is not such a file, or has one already. */
  attachFile(fileId: string, to: { id: string; workspaceId: string; rewriteId?: string }): Promise<boolean>
  /** Takes the files of a version out of everybody's reach; their ids, for their contents to be removed. */
  releaseFilesOf(rewriteId: string): Promise<string[]>
}

export type TaskPatch = Stamped<
  Omit<TaskRecord, 'id' | 'workspaceId' | 'projectId' | 'createdBy' | 'createdAt' | 'updatedAt' | 'stages'>
>
export type TaskStagePatch = Stamped<Omit<TaskStageRecord, 'taskId' | 'key' | 'position'>>

export type StoredFile = Pick<FileRecord, 'format' | 'mediaType' | 'projectId' | 'rewriteId'> & {
  bytes: number
  sha256: string
}

/** A content is stored within half an hour of its row, or never: rows without one are forgotten after an hour. */
export const storeWithinMs = 30 * 60_000
export const unstoredForMs = 60 * 60_000
/** A file without a project is kept so long: time to make one with it. */
export const unusedForMs = 24 * 60 * 60_000

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

/** Storage of the program. Reads outside a transaction see committed rows only. */
export interface Database extends OutsideStorage {
  /** Runs `work` in one transaction; everything or nothing. Transient refusals (deadlock, serialisation) are tried again. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>

  /** The workspaces the user is a member of; the personal one first. Makes the personal one when missing. */
  workspacesOf(userId: string): Promise<string[]>
  isMember(userId: string, workspaceId: string): Promise<boolean>

  projectLook(projectId: string): Promise<ProjectLook | null>
  /** The project's revision only; null when there is none. */
  projectRevision(projectId: string): Promise<number | null>
  projectHead(projectId: string): Promise<ProjectRecord | null>
  listProjects(
    filter: ProjectFilter,
  ): Promise<{ total: number; projects: (ProjectRecord & { stages: StageRecord[] })[] }>
  versions(projectId: string, stageKey: string): Promise<RewriteRecord[]>
  draftOf(projectId: string, stageKey: string, userId: string): Promise<DraftRecord | null>

  /** Head and text from `from` on (code units); null when there is no such rewrite. */
  storedTextFrom(rewriteId: string, from: number): Promise<StoredText | null>
  rewriteByNo(projectId: string, no: number): Promise<RewriteRecord | null>
  /** The newest whole text with this fingerprint in a project of the workspace that is not removed. */
  madeText(workspaceId: string, fingerprint: string): Promise<MadeText | null>

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

  /** Makes chunks durable: one statement for all streams. The fence is the lock on each rewrite's row. */
  appendChunks(writes: readonly ChunkWrite[]): Promise<ChunkWritten[]>

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

  /** The row of a content that is to be stored; it must be there first, so that no content is ever without one. */
  insertFile(file: Pick<FileRecord, 'id' | 'workspaceId' | 'createdBy' | 'name' | 'mediaType'>): Promise<void>
  /** Stored or not. */
  file(fileId: string): Promise<FileRecord | null>
  /** Files that versions have, oldest first. */
  filesOfRewrites(rewriteIds: readonly string[]): Promise<FileRecord[]>
  /**
   * Files that nobody needs: without content for an hour, or without a project for a day. They are out of everybody's
   * reach once they were answered here, and are answered again until they are removed.
   */
  filesToForget(limit: number): Promise<string[]>
  removeFile(fileId: string): Promise<void>
  /** Deletes projects, with all that is theirs, that were removed more than `ageMs` ago; says how many, at most `limit`. */
  purgeProjects(ageMs: number, limit: number): Promise<number>

  listProviders(): Promise<ProviderRecord[]>
  /** Inserts it, or renews the row with the same id. */
  saveProvider(provider: ProviderRecord): Promise<void>
}

/** A row that must be unique is already there. `constraint` is the index's name. */
export class UniqueViolation extends Error {
  override readonly name = 'UniqueViolation'
  readonly constraint: string
  constructor(constraint: string, options?: { cause?: unknown }) {
    super(`A row that must be unique is already there (${constraint}).`, options)
    this.constraint = constraint
  }
}

/** The database can't be reached or is going down: try again later. Distinct from every refusal. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable'
  readonly code: ErrorCode = 'server.busy'
}
