/**
 * What should not last: states that the engine passes through in a moment, found because they have not been left. A state
 * counts as stuck when it is older than `afterMs`, which is beyond every sweep and lease.
 */
import type pg from 'pg'
import { jobQueueName, jobSchema, liveJobExists } from '../queue/jobTable.ts'

export type Stuck =
  /** Should run, and nobody will be told to look at it. While it runs it holds its user's and its project's place. */
  | { type: 'taskWithoutJob'; taskId: string; projectId: string; status: 'queued' | 'running' }
  /** A worker took it and has not renewed it; nobody took it back, so its task runs nowhere and holds its places. */
  | { type: 'leaseRunOut'; jobId: string; taskId: string; projectId: string }
  | { type: 'jobWithoutTask'; jobId: string; taskId: string }
  /** Still open although its task is over: no other text can be begun in its project. */
  | { type: 'openText'; rewriteId: string; projectId: string; stage: string }
  /** Looks busy although no task is going to run it. */
  | { type: 'heldStage'; projectId: string; stage: string; status: string }

export const stuckAfterMs = 45_000

const old = (time: string): string => `${time} < now() - $1::float8 * interval '1 millisecond'`
const alive = `('queued', 'running', 'waiting')`

/** No row's project may be seen in the middle of a change: each statement is one look. */
const statements: { [T in Stuck['type']]: string } = {
  taskWithoutJob: `SELECT t.id AS "taskId", t.project_id AS "projectId", t.status FROM tasks t
    WHERE t.status IN ('queued', 'running') AND ${old('t.updated_at')} AND NOT ${liveJobExists('t.id')} ORDER BY t.id`,
  leaseRunOut: `SELECT id AS "jobId", data->>'taskId' AS "taskId", data->>'projectId' AS "projectId" FROM ${jobSchema}.job
    WHERE name = '${jobQueueName}' AND state = 'active' AND ${old('heartbeat_on')} ORDER BY id`,
  jobWithoutTask: `SELECT j.id AS "jobId", j.data->>'taskId' AS "taskId" FROM ${jobSchema}.job j
    WHERE j.name = '${jobQueueName}' AND j.state < 'completed' AND ${old('coalesce(j.heartbeat_on, j.created_on)')}
      AND NOT EXISTS (SELECT FROM tasks t WHERE t.id::text = j.data->>'taskId' AND t.status IN ${alive}) ORDER BY j.id`,
  openText: `SELECT r.id AS "rewriteId", r.project_id AS "projectId", r.stage_key AS stage FROM rewrites r
    WHERE r.closed_at IS NULL AND ${old('r.created_at')}
      AND NOT EXISTS (SELECT FROM tasks t WHERE t.id = r.task_id AND (t.status IN ${alive} OR NOT ${old('t.updated_at')}))
    ORDER BY r.id`,
  heldStage: `SELECT s.project_id AS "projectId", s.key AS stage, s.status FROM stages s
    JOIN projects p ON p.id = s.project_id
    WHERE s.status IN ('queued', 'running', 'waiting') AND ${old('p.updated_at')}
      AND NOT EXISTS (SELECT FROM tasks t WHERE t.project_id = s.project_id AND t.status IN ${alive} AND s.key = ANY(t.stages))
    ORDER BY s.project_id, s.position`,
}

export async function findStuck(
  pool: pg.Pool,
  { afterMs = stuckAfterMs }: { afterMs?: number } = {},
): Promise<Stuck[]> {
  const found: Stuck[] = []
  for (const [type, statement] of Object.entries(statements)) {
    const { rows } = await pool.query<object>(statement, [afterMs])
    found.push(...rows.map((row) => ({ type, ...row }) as Stuck))
  }
  // A job of a task that is over is that, and not a lease to be given to somebody else.
  const useless = new Set(found.flatMap((each) => (each.type === 'jobWithoutTask' ? [each.jobId] : [])))
  return found.filter((each) => each.type !== 'leaseRunOut' || !useless.has(each.jobId))
}
