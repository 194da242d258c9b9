/**
 * The queue of hints to look at a task. Losing or repeating a job does no harm: the claim decides.
 * Jobs are sent and completed inside the transaction that changes the task (`Tx.sendJob`, `Tx.completeJob`).
 */
export type Job = { id: string; taskId: string; projectId: string; retryCount: number }
export type JobState = { isHeld: boolean; retryCount: number }

export interface JobQueue {
  /** Takes up to `limit` waiting jobs; each is then this process's own until its lease runs out. */
  fetch(limit: number): Promise<Job[]>
  /** Renews the lease of all given jobs in one statement. Gives the ids of those that are still this process's own. */
  touch(jobs: readonly Job[]): Promise<string[]>
  /** The job has been dealt with and nothing was changed. */
  complete(job: Job): Promise<void>
  /** Gives the job back, to be fetched again at once by anybody. */
  release(job: Job): Promise<void>
  /** Calls `listener` when a job may be waiting. Returns the way to stop. */
  onWake(listener: () => void): () => void
  /** Takes jobs back from workers whose lease ran out; says how many. */
  supervise(): Promise<number>
  /** Embedded start: whoever held jobs is dead. Makes all of them fetchable; says how many. */
  releaseAll(): Promise<number>
}
