import type { ErrorCode } from '../errors.ts'
import type { ProviderRecord } from '../records.ts'
import type { FileStorage, FileTx } from './fileStorage.ts'
import type { OutsideStorage, OutsideTx } from './outsideStorage.ts'
import type { ProjectStorage, ProjectTx } from './projectStorage.ts'
import type { Job, JobState } from './queue.ts'
import type { RewriteStorage, RewriteTx } from './rewriteStorage.ts'
import type { TaskStorage, TaskTx } from './taskStorage.ts'

/**
 * What one transaction can do. The order of locks is: project, then workspace where a number or a count is needed, task
 * and rewrite; `touchProject` comes first in every transaction that changes anything of a project.
 * `now` in times means the transaction's time by the database's clock.
 */
export interface Tx extends ProjectTx, RewriteTx, TaskTx, FileTx, OutsideTx {
  /** The transaction's time. */
  now(): Promise<Date>

  /** A hint to look at the task, fetchable once this transaction has committed. */
  sendJob(job: { taskId: string; projectId: string; delayMs?: number }): Promise<void>
  completeJob(job: Job): Promise<void>
  /** Null when it is done with. `retryCount` is what its last fetch gave. */
  jobState(jobId: string): Promise<JobState | null>
  /** Removes waiting jobs of a task that has ended. */
  removeJobs(taskId: string): Promise<void>
}

/** Storage of the program. Reads outside a transaction see committed rows only. */
export interface Database extends ProjectStorage, RewriteStorage, TaskStorage, FileStorage, OutsideStorage {
  /** Runs `work` in one transaction; everything or nothing. Transient refusals (deadlock, serialisation) are tried again. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>

  /** The workspaces the user is a member of; the personal one first. Makes the personal one when missing. */
  workspacesOf(userId: string): Promise<string[]>
  isMember(userId: string, workspaceId: string): Promise<boolean>

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
