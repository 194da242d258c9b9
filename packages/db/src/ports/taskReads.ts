import type { Database, PastRun, TaskDetails } from '@stagewright/core'
import { readTaskLook, taskLookJson, type TaskLookRow } from './looks.ts'
import { jsonOf, readRow, readRows } from './rows.ts'
import { attemptShape, callShape, rewriteShape, taskShape } from './shapes.ts'
import { isUuid, type Row, requireOne, select, type Sql } from './sql.ts'

type TaskReads = Pick<
  Database,
  'taskLook' | 'taskWithRewrites' | 'taskDetails' | 'pastRuns' | 'queuePosition' | 'changedTasks' | 'cancelRequested'
>

export function taskReads(sql: Sql): TaskReads {
  return {
    async taskLook(taskId) {
      if (!isUuid(taskId)) return null
      const [row] = await select<{ look: TaskLookRow }>(
        sql,
        `SELECT ${taskLookJson} AS look FROM tasks t JOIN projects p ON p.id = t.project_id WHERE t.id = $1::uuid`,
        [taskId],
      )
      return row === undefined ? null : readTaskLook(row.look)
    },
    taskWithRewrites: (taskId) => taskWithRewrites(sql, taskId),
    taskDetails: (taskId) => taskDetails(sql, taskId),
    pastRuns: (workspaceId, pipeline, limit) => pastRuns(sql, workspaceId, { pipeline, limit }),
    queuePosition: (taskId) => queuePosition(sql, taskId),
    changedTasks: (workspaceId, afterSeq, limit) => changedTasks(sql, workspaceId, { afterSeq, limit }),
    async cancelRequested(taskIds) {
      const rows = await select<{ id: string }>(
        sql,
        `SELECT id FROM tasks WHERE id = ANY($1::uuid[]) AND status = 'running' AND cancel_requested_at IS NOT NULL`,
        [taskIds.filter(isUuid)],
      )
      return rows.map((row) => row.id)
    },
  }
}

const rewritesJson = `(SELECT json_agg(${jsonOf(rewriteShape, 'r')} ORDER BY r.no) FROM rewrites r WHERE r.task_id = t.id)`

async function taskWithRewrites(sql: Sql, taskId: string) {
  if (!isUuid(taskId)) return null
  const [row] = await select<{ task: Row; rewrites: Row[] | null }>(
    sql,
    `SELECT ${jsonOf(taskShape, 't')} AS task, ${rewritesJson} AS rewrites FROM tasks t WHERE t.id = $1::uuid`,
    [taskId],
  )
  return row === undefined
    ? null
    : { task: readRow(taskShape, row.task), rewrites: readRows(rewriteShape, row.rewrites) }
}

type TaskDetailsRow = {
  look: TaskLookRow
  revision: number
  readAt: Date
  attempts: Row[] | null
  calls: Row[] | null
  rewrites: Row[] | null
}

async function taskDetails(sql: Sql, taskId: string): Promise<TaskDetails | null> {
  if (!isUuid(taskId)) return null
  const [row] = await select<TaskDetailsRow>(
    sql,
    `SELECT ${taskLookJson} AS look, p.revision, now()::timestamptz(3) AS "readAt",
       (SELECT json_agg(${jsonOf(attemptShape, 'a')} ORDER BY a.attempt) FROM attempts a WHERE a.task_id = t.id) AS attempts,
       (SELECT json_agg(${jsonOf(callShape, 'c')} ORDER BY c.started_at, c.id) FROM calls c WHERE c.task_id = t.id) AS calls,
       ${rewritesJson} AS rewrites
     FROM tasks t JOIN projects p ON p.id = t.project_id WHERE t.id = $1::uuid`,
    [taskId],
  )
  if (row === undefined) return null
  return {
    ...readTaskLook(row.look),
    projectRevision: row.revision,
    readAt: row.readAt,
    attempts: readRows(attemptShape, row.attempts),
    calls: readRows(callShape, row.calls),
    rewrites: readRows(rewriteShape, row.rewrites),
  }
}

async function queuePosition(sql: Sql, taskId: string): Promise<number | null> {
  if (!isUuid(taskId)) return null
  const [row] = await select<{ before: number }>(
    sql,
    `SELECT (SELECT count(*) FROM tasks o
             WHERE o.status = 'queued' AND (o.project_id = t.project_id OR o.created_by = t.created_by)
               AND (o.created_at, o.id) < (t.created_at, t.id))::int AS before
     FROM tasks t WHERE t.id = $1::uuid AND t.status = 'queued'`,
    [taskId],
  )
  return row?.before ?? null
}

/** The workspace's number and its tasks are one snapshot: no task is changed under a number that is not yet told. */
async function changedTasks(sql: Sql, workspaceId: string, { afterSeq, limit }: { afterSeq: number; limit: number }) {
  const rows = await select<{ eventSeq: bigint; looks: TaskLookRow[] | null }>(
    sql,
    `SELECT w.event_seq AS "eventSeq",
       (SELECT json_agg(${taskLookJson} ORDER BY t.event_seq)
        FROM (SELECT * FROM tasks WHERE workspace_id = w.id AND event_seq > $2::bigint ORDER BY event_seq LIMIT $3::int) t
        JOIN projects p ON p.id = t.project_id) AS looks
     FROM workspaces w WHERE w.id = $1::uuid`,
    [workspaceId, afterSeq, limit],
  )
  requireOne(rows.length, 'workspace', workspaceId)
  return { eventSeq: Number(rows[0]!.eventSeq), tasks: (rows[0]!.looks ?? []).map(readTaskLook) }
}

/** What was written in part, or gone on with, says nothing of a whole run. */
async function pastRuns(
  sql: Sql,
  workspaceId: string,
  { pipeline, limit }: { pipeline: string; limit: number },
): Promise<PastRun[]> {
  if (!isUuid(workspaceId)) return []
  return select<PastRun>(
    sql,
    `SELECT s.key, (extract(epoch FROM s.ended_at - s.started_at) * 1000)::int AS "durationMs", r.length
     FROM tasks t
     JOIN projects p ON p.id = t.project_id AND p.pipeline = $2
     JOIN task_stages s ON s.task_id = t.id AND s.status = 'done' AND s.started_at IS NOT NULL AND s.ended_at IS NOT NULL
     JOIN rewrites r ON r.id = s.rewrite_id
     WHERE t.workspace_id = $1::uuid AND t.part IS NULL AND t.continue_from IS NULL
     ORDER BY t.created_at DESC, t.id DESC, s.position DESC LIMIT $3::int`,
    [workspaceId, pipeline, limit],
  )
}
