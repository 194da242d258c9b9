import type { Database, SweepRow } from '@stagewright/core'
import { liveJobExists } from '../queue/jobTable.ts'
import { change, select, type Sql } from './sql.ts'

/** What runs beside the tasks: the sweep's look and what is forgotten with time. */
export function sweepOperations(sql: Sql): Pick<Database, 'sweepRows' | 'forgetIdempotencyKeys'> {
  return {
    sweepRows: () => select<SweepRow>(sql, sweepStatement),
    async forgetIdempotencyKeys(ageMs) {
      const olderThan = `now() - $1::float8 * interval '1 millisecond'`
      await change(
        sql,
        `UPDATE tasks SET idempotency_key = NULL WHERE idempotency_key IS NOT NULL AND created_at < ${olderThan}`,
        [ageMs],
      )
    },
  }
}

/** The time limit runs from the first claim; waiting, past and present, is not counted. */
const sweepStatement = `
SELECT t.id, t.project_id AS "projectId", t.status, ${liveJobExists('t.id')} AS "hasLiveJob",
  ${msSince('t.created_at')} AS "queuedForMs",
  CASE WHEN t.first_claimed_at IS NULL THEN 0
       ELSE ${msSince('t.first_claimed_at')} - t.waited_ms - ${msSince('t.waiting_since')} END::float8 AS "ranForMs",
  ${msSince('t.waiting_since')} AS "waitedForMs",
  (SELECT round(extract(epoch FROM o.deadline_at - o.created_at) * 1000)::float8 FROM outside_tasks o
   WHERE o.task_id = t.id AND o.status = 'open' AND o.deadline_at < now()) AS "overdueLimitMs"
FROM tasks t WHERE t.status IN ('queued', 'running', 'waiting')`

/** Milliseconds since a time by the database's clock; 0 when there is none. */
function msSince(time: string): string {
  return `coalesce(round(extract(epoch FROM now() - ${time}) * 1000), 0)::float8`
}
