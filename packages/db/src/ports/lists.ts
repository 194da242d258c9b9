import type { Database, ProjectFilter, TaskFilter } from '@stagewright/core'
import { readTaskLook, stagesJson, taskLookJson, type TaskLookRow } from './looks.ts'
import { jsonOf, readRow, readRows } from './rows.ts'
import { projectShape, stageShape } from './shapes.ts'
import { isUuid, type Row, select, type Sql } from './sql.ts'

/** Pages count from 1. Total and page come from one statement, so that they fit each other. */
export function lists(sql: Sql): Pick<Database, 'listProjects' | 'listTasks'> {
  return {
    listProjects: (filter) => listProjects(sql, filter),
    listTasks: (filter) => listTasks(sql, filter),
  }
}

const projectsFound = `FROM projects p WHERE p.workspace_id = ANY($1::uuid[]) AND p.removed_at IS NULL
  AND (p.archived_at IS NOT NULL) = $2::boolean
  AND ($3::text IS NULL OR p.pipeline = $3) AND ($4::text IS NULL OR p.title ILIKE $4)`

async function listProjects(sql: Sql, filter: ProjectFilter): ReturnType<Database['listProjects']> {
  const [row] = await select<{ total: number; found: { project: Row; stages: Row[] }[] | null }>(
    sql,
    `SELECT (SELECT count(*) ${projectsFound})::int AS total,
       (SELECT json_agg(json_build_object('project', ${jsonOf(projectShape, 'p')}, 'stages', ${stagesJson})
                        ORDER BY p.updated_at DESC, p.id DESC)
        FROM (SELECT p.* ${projectsFound} ORDER BY p.updated_at DESC, p.id DESC LIMIT $5::int OFFSET $6::int) p) AS found`,
    [
      filter.workspaceIds.filter(isUuid),
      filter.archived,
      filter.pipeline ?? null,
      filter.search === undefined ? null : `%${escapePattern(filter.search)}%`,
      ...limitsOf(filter),
    ],
  )
  const found = row!.found ?? []
  const projects = found.map((one) => ({
    ...readRow(projectShape, one.project),
    stages: readRows(stageShape, one.stages),
  }))
  return { total: row!.total, projects }
}

const tasksFound = `FROM tasks t JOIN projects p ON p.id = t.project_id
  WHERE t.workspace_id = ANY($1::uuid[]) AND t.removed_at IS NULL
  AND ($2::text[] IS NULL OR t.status = ANY($2)) AND ($3::text IS NULL OR p.pipeline = $3)
  AND ($4::uuid IS NULL OR t.project_id = $4)
  AND ($5::timestamptz IS NULL OR t.created_at >= $5) AND ($6::timestamptz IS NULL OR t.created_at <= $6)`

async function listTasks(sql: Sql, filter: TaskFilter): ReturnType<Database['listTasks']> {
  if (filter.projectId !== undefined && !isUuid(filter.projectId)) return { total: 0, tasks: [] }
  const [row] = await select<{ total: number; found: TaskLookRow[] | null }>(
    sql,
    `SELECT (SELECT count(*) ${tasksFound})::int AS total,
       (SELECT json_agg(${taskLookJson} ORDER BY t.created_at DESC, t.id DESC)
        FROM (SELECT t.* ${tasksFound} ORDER BY t.created_at DESC, t.id DESC LIMIT $7::int OFFSET $8::int) t
        JOIN projects p ON p.id = t.project_id) AS found`,
    [
      filter.workspaceIds.filter(isUuid),
      filter.statuses === undefined ? null : [...filter.statuses],
      filter.pipeline ?? null,
      filter.projectId ?? null,
      filter.from?.toISOString() ?? null,
      filter.to?.toISOString() ?? null,
      ...limitsOf(filter),
    ],
  )
  return { total: row!.total, tasks: (row!.found ?? []).map(readTaskLook) }
}

function limitsOf({ page, pageSize }: { page: number; pageSize: number }): [limit: number, offset: number] {
  return [pageSize, (page - 1) * pageSize]
}

/** What a user types is text, not a pattern. */
function escapePattern(text: string): string {
  return text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)
}
