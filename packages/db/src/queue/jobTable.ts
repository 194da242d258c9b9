import { createHash } from 'node:crypto'
import { defaultSettings } from '@stagewright/core'

/** pg-boss' own schema in our database, and our one queue in it. */
export const jobSchema = 'pgboss'
export const jobQueueName = 'tasks'

/** The channel on which pg-boss tells of a new job, as it makes it from its schema's name; 63 bytes is PostgreSQL's limit. */
export const wakeChannel = `pgboss_${createHash('sha224').update(jobSchema).digest('hex').slice(0, 24)}`

/** SQL: a held job that was not renewed for a lease, which is `leaseMs` of the engine's settings. */
export const leaseIsOver = `heartbeat_on + interval '${defaultSettings.leaseMs} milliseconds' < now()`

/** A waiting or held job of the task that the SQL expression names. `IN` and not `EXISTS`, so that it is hashed once. */
export function liveJobExists(taskId: string): string {
  return `(${taskId}::text IN (
    SELECT data->>'taskId' FROM ${jobSchema}.job WHERE name = '${jobQueueName}' AND state < 'completed' AND data ? 'taskId'))`
}

/** The state of a live job. */
export const readJobState = `SELECT state = 'active' AS "isHeld", retry_count AS "retryCount"
  FROM ${jobSchema}.job WHERE name = '${jobQueueName}' AND state < 'completed' AND id = $1::uuid`

export const removeWaitingJobs = `DELETE FROM ${jobSchema}.job
  WHERE name = '${jobQueueName}' AND state < 'active' AND data->>'taskId' = $1`

/**
 * Makes held jobs fetchable again at once, wakes every worker and says how many. `started_on` stays, so that the next
 * fetch raises `retry_count`, which is what a former holder is told apart by.
 */
export function freeJobs(where: string): string {
  return `WITH freed AS (
    UPDATE ${jobSchema}.job SET state = 'retry', start_after = now(), heartbeat_on = NULL
    WHERE name = '${jobQueueName}' AND state = 'active' AND ${where} RETURNING id
  ), told AS (
    SELECT pg_notify('${wakeChannel}', '${jobQueueName}') FROM (SELECT FROM freed LIMIT 1) any_freed
  )
  SELECT (SELECT count(*) FROM freed)::int AS count, (SELECT count(*) FROM told) AS told`
}
