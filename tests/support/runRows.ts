// The rows of a run as the database has them, read with plain SQL: what checks the program must not read through it.
import type pg from 'pg'

export type TaskRow = {
  id: string
  projectId: string
  status: string
  attempt: number
  stages: string[]
  startedAt: Date | null
  endedAt: Date | null
}
export type TaskStageRow = { taskId: string; key: string; status: string; rewriteId: string | null }
export type AttemptRow = {
  taskId: string
  attempt: number
  outcome: string | null
  startedAt: Date
  endedAt: Date | null
}
export type CallRow = {
  id: string
  taskId: string
  attempt: number
  stageKey: string
  messages: unknown
  startedAt: Date
}
export type ChunkRow = { rewriteId: string; offset: number; attempt: number; length: number; text: string }
export type RewriteRow = {
  id: string
  projectId: string
  stageKey: string
  no: number
  taskId: string
  attempt: number
  length: number
  spans: { attempt: number; from: number }[]
  ending: string | null
  text: string | null
  sha256: string | null
}

export type RunRows = {
  tasks: TaskRow[]
  taskStages: TaskStageRow[]
  attempts: AttemptRow[]
  calls: CallRow[]
  rewrites: RewriteRow[]
  chunks: ChunkRow[]
  /** All tables as text: where a secret would show. */
  dump: string
}

type Query = Pick<pg.Pool, 'query'>

/** Everything, in the order it was made. */
export async function readRunRows(database: Query): Promise<RunRows> {
  const all = async <T extends pg.QueryResultRow>(sql: string): Promise<T[]> => (await database.query<T>(sql)).rows
  return {
    tasks: await all(
      `SELECT id, project_id AS "projectId", status, attempt, stages, started_at AS "startedAt", ended_at AS "endedAt" FROM tasks ORDER BY id`,
    ),
    taskStages: await all(
      `SELECT task_id AS "taskId", key, status, rewrite_id AS "rewriteId" FROM task_stages ORDER BY task_id, position`,
    ),
    attempts: await all(
      `SELECT task_id AS "taskId", attempt, outcome, started_at AS "startedAt", ended_at AS "endedAt" FROM attempts ORDER BY task_id, attempt`,
    ),
    calls: await all(
      `SELECT id, task_id AS "taskId", attempt, stage_key AS "stageKey", messages, started_at AS "startedAt" FROM calls ORDER BY started_at, id`,
    ),
    rewrites: await all(
      `SELECT id, project_id AS "projectId", stage_key AS "stageKey", no, task_id AS "taskId", attempt, length, spans, ending, text, sha256
       FROM rewrites WHERE task_id IS NOT NULL ORDER BY project_id, no`,
    ),
    chunks: await all(
      `SELECT rewrite_id AS "rewriteId", "offset", attempt, length, text FROM chunks ORDER BY rewrite_id, "offset"`,
    ),
    dump: await dumpTables(database),
  }
}

async function dumpTables(database: Query): Promise<string> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname IN ('public', 'pgboss') ORDER BY 1`,
  )
  const parts: string[] = []
  for (const { name } of rows) {
    const table = await database.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${name} t`)
    parts.push(name, ...table.rows.map(({ row }) => row))
  }
  return parts.join('\n')
}
