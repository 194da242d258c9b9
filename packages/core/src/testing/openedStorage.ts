import type { Database } from '../ports/database.ts'
import type { JobQueue } from '../ports/queue.ts'

/** A storage of one kind, open and empty enough: the suites make their own users, and keep to what is theirs. */
export interface OpenedStorage {
  database: Database
  queue: JobQueue
  /** Lets every lease given so far run out. */
  expireLeases: () => Promise<void>
  /**
   * Makes projects, files, live tasks, calls, waiting jobs and messages as old as if `ms` had passed: by moving a clock, or by setting
   * every time stored in them back.
   */
  passTime: (ms: number) => Promise<void>
  close: () => Promise<void>
}

/** The storage the running suite has opened; to be asked inside a test. */
export type StorageOf = () => OpenedStorage
