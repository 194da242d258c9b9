import type { Tx } from '../ports/database.ts'
import type { Job, JobQueue } from '../ports/queue.ts'
import type { Session } from './session.ts'
import type { JobRow } from './tables.ts'

/**
 * A job is waiting (`leasedUntilMs` null; fetchable from `dueMs` on) or held (until its lease runs out and somebody
 * supervises). Completing removes it. Whoever held a job and lost it can't touch it any more: the next fetch raises
 * `retryCount`, and every change by a holder names the count it was given.
 */
const leaseMs = 10_000

export function jobOperations(session: Session): Pick<Tx, 'sendJob' | 'completeJob' | 'jobState' | 'removeJobs'> {
  return {
    async sendJob({ taskId, projectId, delayMs = 0 }) {
      const id = session.newId()
      const dueMs = session.nowMs + delayMs
      session.tables.jobs.put(id, {
        id,
        taskId,
        projectId,
        retryCount: 0,
        dueMs,
        leasedUntilMs: null,
        triedBefore: false,
      })
      session.wakeWorkers()
    },
    async completeJob(job) {
      completeJob(session, job)
    },
    async jobState(jobId) {
      const row = session.tables.jobs.get(jobId)
      return row === undefined ? null : { isHeld: row.leasedUntilMs !== null, retryCount: row.retryCount }
    },
    async removeJobs(taskId) {
      const waiting = session.tables.jobs.all().filter((row) => row.taskId === taskId && row.leasedUntilMs === null)
      for (const row of waiting) session.tables.jobs.remove(row.id)
    },
  }
}

/** `write` runs its work as one transaction; `onWake` is told of every commit that may have made a job fetchable. */
export function createMemoryQueue(
  write: <T>(work: (session: Session) => T) => Promise<T>,
  onWake: JobQueue['onWake'],
): JobQueue {
  return {
    fetch: (limit) => write((session) => fetchJobs(session, limit)),
    touch: (jobs) =>
      write((session) => {
        const held = jobs.flatMap((job) => heldRow(session, job) ?? [])
        for (const row of held) leaseJob(session, row)
        return held.map(({ id }) => id)
      }),
    complete: (job) => write((session) => completeJob(session, job)),
    release: (job) => write((session) => freeJobs(session, [heldRow(session, job)])).then(() => undefined),
    supervise: () =>
      write((session) =>
        freeJobs(
          session,
          heldRows(session).filter((row) => isExpired(row, session.nowMs)),
        ),
      ),
    releaseAll: () => write((session) => freeJobs(session, heldRows(session))),
    onWake,
  }
}

function fetchJobs(session: Session, limit: number): Job[] {
  const rows = session.tables.jobs.all().filter((row) => row.leasedUntilMs === null && row.dueMs <= session.nowMs)
  return rows.slice(0, limit).map((row) => {
    const retryCount = row.retryCount + (row.triedBefore ? 1 : 0)
    leaseJob(session, { ...row, retryCount })
    return { id: row.id, taskId: row.taskId, projectId: row.projectId, retryCount }
  })
}

function leaseJob(session: Session, row: JobRow): void {
  session.tables.jobs.put(row.id, { ...row, leasedUntilMs: session.nowMs + leaseMs })
}

function completeJob(session: Session, job: Job): void {
  if (heldRow(session, job) !== undefined) session.tables.jobs.remove(job.id)
}

function freeJobs(session: Session, rows: (JobRow | undefined)[]): number {
  const held = rows.filter((row) => row !== undefined)
  for (const row of held) session.tables.jobs.put(row.id, { ...row, leasedUntilMs: null, triedBefore: true })
  if (held.length > 0) session.wakeWorkers()
  return held.length
}

function heldRow(session: Session, job: Job): JobRow | undefined {
  const row = session.tables.jobs.get(job.id)
  return row !== undefined && row.leasedUntilMs !== null && row.retryCount === job.retryCount ? row : undefined
}

function heldRows(session: Session): JobRow[] {
  return session.tables.jobs.all().filter((row) => row.leasedUntilMs !== null)
}

function isExpired(row: JobRow, nowMs: number): boolean {
  return row.leasedUntilMs !== null && row.leasedUntilMs <= nowMs
}
