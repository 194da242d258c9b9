/**
 * Core's queue on pg-boss: one queue of hints to look at a task.
 *
 * Guarantee: a job is held by one fetch at a time. Who lost it (its lease ran out and `supervise` took it back) changes it
 * no more, because every change names the retry count that the fetch gave.
 * A job is waiting (created, retry) -> held (active) -> completed, or back to waiting.
 *
 * pg-boss runs nothing by itself here (`supervise: false`): when leases are looked at is the caller's decision, because after
 * an outage of the database all of them are stale although nobody died. pg-boss does not even know of leases (no
 * `heartbeatSeconds`): its statement that ends them could come late, see {@link releaseLost}.
 */
import type { Job, JobQueue } from '@stagewright/core'
import type pg from 'pg'
import { PgBoss } from 'pg-boss'
import type { DatabaseLogEntry } from '../openDatabase.ts'
import { translated } from '../ports/failures.ts'
import { BossDatabase } from './bossDatabase.ts'
import { createJobSender, type JobSender } from './jobSender.ts'
import { freeJobs, jobQueueName, jobSchema, leaseIsOver } from './jobTable.ts'

export type JobQueueOptions = {
  poolConfig: pg.PoolConfig
  embedded: boolean
  log?: (entry: DatabaseLogEntry) => void
}

export interface RunningJobQueue extends JobQueue {
  /** How transactions send and settle jobs. */
  readonly sender: JobSender
  /** Makes or renews pg-boss' tables and begins to listen. Idempotent; must come before everything else. */
  start(): Promise<void>
  /** Ends its connections; held jobs stay held until their lease runs out. Idempotent. */
  stop(): Promise<void>
}

const queueSettings = {
  notify: true,
  /** The largest allowed: the engine's own time limit ends tasks, this must never end a job before it. */
  expireInSeconds: 24 * 3_600,
  /** Who has crashed too often is the engine's to say. */
  retryLimit: 1_000_000_000,
  retryDelay: 0,
  /** A waiting job outlives every limit of a task that still needs it. */
  retentionSeconds: 30 * 24 * 3_600,
  deleteAfterSeconds: 3_600,
}

const maintainEveryMs = 60_000
/** Together with the pace of renewing it is well below a lease. */
const lateAfter = `interval '2 seconds'`
const nobody = { id: '00000000-0000-0000-0000-000000000000', retryCount: 0 }

export function createJobQueue({ poolConfig, embedded, log = () => {} }: JobQueueOptions): RunningJobQueue {
  const listeners = new Set<{ listener: () => void }>()
  const wake = () => listeners.forEach(({ listener }) => listener())
  const onLost = (error: unknown) => log({ level: 'warn', message: 'The queue lost a database connection', error })
  const database = new BossDatabase(poolConfig, { onWake: wake, onLost })
  const boss = createBoss(database, embedded, log)
  let starting: Promise<void> | undefined
  let stopping: Promise<void> | undefined

  return {
    ...translated(jobOperations(boss, database)),
    sender: createJobSender(boss),
    onWake(listener) {
      // An entry of its own, so that the same function may listen twice and stop once.
      const entry = { listener }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    start: () => (starting ??= startBoss(boss)),
    stop: () => (stopping ??= stopBoss(boss, database)),
  }
}

/** Frees the held jobs that an SQL condition names, and says how many. */
type Free = (where: string, ...params: unknown[]) => Promise<number>

function jobOperations(boss: PgBoss, database: BossDatabase): Omit<JobQueue, 'onWake'> {
  const free: Free = async (where, ...params) => {
    const { rows } = await database.executeSql(freeJobs(where), params)
    return Number(rows[0]?.['count'])
  }
  const maintain = createMaintenance(boss)
  return {
    async fetch(limit) {
      if (limit < 1) return []
      const jobs = await boss.fetch<{ taskId: string; projectId: string }>(jobQueueName, { batchSize: limit })
      return jobs.map(({ id, data, retryCount }) => ({
        id,
        taskId: data.taskId,
        projectId: data.projectId,
        retryCount,
      }))
    },
    async touch(jobs) {
      if (jobs.length === 0) return []
      // pg-boss says which it touched, but not in its types. Were it to stop, nobody would be taken for lost.
      const { settled } = (await boss.touch(jobQueueName, jobs.map(attemptOf))) as { settled?: string[] }
      return settled ?? jobs.map(({ id }) => id)
    },
    async complete(job) {
      await boss.complete(jobQueueName, attemptOf(job))
    },
    async release(job) {
      await free('id = $1::uuid AND retry_count = $2::int', job.id, job.retryCount)
    },
    async supervise() {
      const count = await releaseLost(database, free)
      await maintain()
      return count
    },
    releaseAll: () => free('true'),
  }
}

/**
 * A statement can lie on the way to a database that hangs, and be run when that wakes, while its sender has given up and
 * the holders have had no chance to renew. It therefore changes nothing when it comes late by the database's own clock.
 */
async function releaseLost(database: BossDatabase, free: Free): Promise<number> {
  const { rows } = await database.executeSql(`SELECT ${jobSchema}.job_now()::text AS now`)
  return free(`${leaseIsOver} AND now() < $1::timestamptz + ${lateAfter}`, rows[0]?.['now'])
}

function attemptOf({ id, retryCount }: Job): { id: string; retryCount: number } {
  return { id, retryCount }
}

/** pg-boss' own upkeep, which deletes what is done with, at most once a minute. */
function createMaintenance(boss: PgBoss): () => Promise<void> {
  let lastAtMs = -Infinity
  return async () => {
    if (performance.now() - lastAtMs < maintainEveryMs) return
    lastAtMs = performance.now()
    await boss.supervise(jobQueueName)
  }
}

function createBoss(db: BossDatabase, embedded: boolean, log: (entry: DatabaseLogEntry) => void): PgBoss {
  const boss = new PgBoss({
    db,
    backend: embedded ? 'pglite' : 'postgres',
    schema: jobSchema,
    useListenNotify: true,
    supervise: false,
    schedule: false,
    monitorIntervalSeconds: maintainEveryMs / 1_000,
    maintenanceIntervalSeconds: 300,
    // The embedded database has no autovacuum to be watched, and vacuums by our own clock.
    monitorVacuum: !embedded,
    reindex: !embedded,
  })
  boss.on('error', (error) => log({ level: 'warn', message: 'The queue reported an error', error }))
  boss.on('warning', (warning) => log({ level: 'warn', message: `The queue reported: ${warning.message}` }))
  return boss
}

async function startBoss(boss: PgBoss): Promise<void> {
  await boss.start()
  await boss.createQueue(jobQueueName, queueSettings)
  await boss.updateQueue(jobQueueName, queueSettings) // of a queue that an older version made
  // Reads the queue's settings into pg-boss' memory. A first `send` would read them inside somebody's transaction on
  // another connection, which on the embedded database waits for that transaction for ever.
  await boss.touch(jobQueueName, nobody)
}

async function stopBoss(boss: PgBoss, database: BossDatabase): Promise<void> {
  await boss.stop({ graceful: false, close: false })
  await database.close()
}
