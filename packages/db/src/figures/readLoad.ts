import type pg from 'pg'
import { jobQueueName, jobSchema, leaseIsOver } from '../queue/jobTable.ts'

/** What is under way in the whole installation, whichever process does it. Times in seconds. */
export type LoadFigures = {
  tasks: { queued: number; running: number; waiting: number }
  /** Hints: `waiting` to be fetched, `held` by a worker that renews its lease, `stale` by one that does not. */
  jobs: { waiting: number; held: number; stale: number }
  oldestQueuedSeconds: number
  /** How long the tasks that run now waited for their first claim. */
  waitOfRunning: { median: number; most: number }
}

/** Uses `tasks_alive_idx` and pg-boss' own index of live jobs: nothing here grows with history. */
const statement = `
SELECT * FROM (
  SELECT count(*) FILTER (WHERE status = 'queued')::int AS queued,
    count(*) FILTER (WHERE status = 'running')::int AS running,
    count(*) FILTER (WHERE status = 'waiting')::int AS waiting,
    coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE status = 'queued')), 0)::float8 AS oldest,
    coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM first_claimed_at - created_at))
      FILTER (WHERE status = 'running'), 0)::float8 AS median,
    coalesce(max(extract(epoch FROM first_claimed_at - created_at)) FILTER (WHERE status = 'running'), 0)::float8 AS most
  FROM tasks WHERE status IN ('queued', 'running', 'waiting')
) alive, (
  SELECT count(*) FILTER (WHERE state < 'active')::int AS "jobsWaiting",
    count(*) FILTER (WHERE state = 'active' AND NOT stale)::int AS "jobsHeld",
    count(*) FILTER (WHERE state = 'active' AND stale)::int AS "jobsStale"
  FROM (SELECT state, ${leaseIsOver} AS stale
    FROM ${jobSchema}.job WHERE name = '${jobQueueName}' AND state < 'completed') live
) jobs`

type Row = Record<
  'queued' | 'running' | 'waiting' | 'oldest' | 'median' | 'most' | 'jobsWaiting' | 'jobsHeld' | 'jobsStale',
  number
>

/** Throws when the database does not answer within `limitMs`. */
export async function readLoad(pool: pg.Pool, { limitMs }: { limitMs: number }): Promise<LoadFigures> {
  const client = await pool.connect()
  let isBroken = false
  try {
    await client.query('BEGIN READ ONLY')
    await client.query(`SET LOCAL statement_timeout = ${Math.round(limitMs)}`)
    const { rows } = await client.query<Row>(statement)
    await client.query('COMMIT')
    return shapeOf(rows[0])
  } catch (error) {
    isBroken = true
    throw error
  } finally {
    // A connection in a failed transaction is closed rather than mended.
    client.release(isBroken)
  }
}

function shapeOf(row: Row | undefined): LoadFigures {
  return {
    tasks: { queued: row?.queued ?? 0, running: row?.running ?? 0, waiting: row?.waiting ?? 0 },
    jobs: { waiting: row?.jobsWaiting ?? 0, held: row?.jobsHeld ?? 0, stale: row?.jobsStale ?? 0 },
    oldestQueuedSeconds: row?.oldest ?? 0,
    waitOfRunning: { median: row?.median ?? 0, most: row?.most ?? 0 },
  }
}
