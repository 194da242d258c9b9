import type { Job, JobState } from '@stagewright/core'
import { fromPrisma, type PgBoss } from 'pg-boss'
import type { Sql } from '../ports/sql.ts'
import { jobQueueName, readJobState, removeWaitingJobs } from './jobTable.ts'

/** What a transaction does with jobs, on the transaction's own client: it commits, or is gone, with all the rest. */
export interface JobSender {
  send(sql: Sql, job: { taskId: string; projectId: string; delayMs?: number }): Promise<void>
  /** Changes nothing when the job has been taken by somebody else meanwhile. */
  complete(sql: Sql, job: Job): Promise<void>
  state(sql: Sql, jobId: string): Promise<JobState | null>
  remove(sql: Sql, taskId: string): Promise<void>
}

export function createJobSender(boss: PgBoss): JobSender {
  return {
    async send(sql, { taskId, projectId, delayMs = 0 }) {
      const delay = delayMs > 0 ? { startAfter: delayMs / 1000 } : {}
      await boss.send(jobQueueName, { taskId, projectId }, { ...delay, db: fromPrisma(sql) })
    },
    async complete(sql, { id, retryCount }) {
      await boss.complete(jobQueueName, { id, retryCount }, null, { db: fromPrisma(sql) })
    },
    async state(sql, jobId) {
      const [row] = await sql.$queryRawUnsafe<JobState[]>(readJobState, jobId)
      return row ?? null
    },
    async remove(sql, taskId) {
      await sql.$executeRawUnsafe(removeWaitingJobs, taskId)
    },
  }
}
