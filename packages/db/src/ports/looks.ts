import type {
  ActiveProcessor,
  Database,
  ProjectLook,
  ProjectStanding,
  TaskLook,
  TaskRecord,
  TaskStageRecord,
} from '@stagewright/core'
import { processorsJson } from './outside.ts'
import { jsonOf, readRow, readRows } from './rows.ts'
import { projectShape, rewriteShape, stageShape, taskShape, taskStageShape } from './shapes.ts'
import { isUuid, type Row, select, type Sql } from './sql.ts'

/** The stages a task runs, of the task `t`. */
export const stageRunsJson = `(SELECT json_agg(${jsonOf(taskStageShape, 's')} ORDER BY s.position) FROM task_stages s WHERE s.task_id = t.id)`

/** A task with what a list shows of it, of the task `t` and its project `p`. */
export const taskLookJson = `json_build_object('task', ${jsonOf(taskShape, 't')}, 'stageRuns', ${stageRunsJson}, 'title', p.title, 'pipeline', p.pipeline)`

export const stagesJson = `(SELECT json_agg(${jsonOf(stageShape, 's')} ORDER BY s.position) FROM stages s WHERE s.project_id = p.id)`

export type TaskLookRow = { task: Row; stageRuns: Row[] | null; title: string; pipeline: string }

export function readTaskLook(row: TaskLookRow): TaskLook {
  const { title, pipeline } = row
  return { task: readRow(taskShape, row.task), stageRuns: readRows(taskStageShape, row.stageRuns), title, pipeline }
}

/** One statement is one snapshot: project, stages, texts and tasks belong to the same revision. */
const projectLookStatement = `
SELECT ${jsonOf(projectShape, 'p')} AS project, ${stagesJson} AS stages,
  (SELECT json_agg(${jsonOf(rewriteShape, 'r')} ORDER BY r.no) FROM rewrites r
   WHERE r.id IN (SELECT unnest(ARRAY[s.current_rewrite_id, s.last_rewrite_id]) FROM stages s WHERE s.project_id = p.id
                  UNION SELECT o.id FROM rewrites o WHERE o.project_id = p.id AND o.closed_at IS NULL)) AS rewrites,
  (SELECT json_agg(json_build_object('task', ${jsonOf(taskShape, 't')}, 'stageRuns', ${stageRunsJson}) ORDER BY t.created_at, t.id)
   FROM tasks t WHERE t.project_id = p.id AND t.status IN ('queued', 'running', 'waiting')) AS tasks
FROM projects p WHERE p.id = $1::uuid`

const standingStatement = projectLookStatement.replace(
  'FROM projects p WHERE',
  `, (SELECT json_object_agg(r.created_by, r.count) FROM (
     SELECT r.created_by, count(*)::int AS count FROM tasks r
     WHERE r.status = 'running' AND r.created_by IN (
       SELECT t.created_by FROM tasks t WHERE t.project_id = p.id AND t.status IN ('queued', 'running', 'waiting'))
     GROUP BY r.created_by) r) AS "runningByUser",
  ${processorsJson} AS processors
FROM projects p WHERE`,
)

type ProjectLookRow = { project: Row; stages: Row[]; rewrites: Row[]; tasks: { task: Row; stageRuns: Row[] }[] | null }

export function projectLooks(sql: Sql): Pick<Database, 'projectLook' | 'projectRevision' | 'projectHead'> {
  return {
    async projectLook(projectId) {
      if (!isUuid(projectId)) return null
      const [row] = await select<ProjectLookRow>(sql, projectLookStatement, [projectId])
      return row === undefined ? null : readProjectLook(row)
    },
    async projectRevision(projectId) {
      if (!isUuid(projectId)) return null
      const row = await sql.project.findUnique({ where: { id: projectId }, select: { revision: true } })
      return row?.revision ?? null
    },
    async projectHead(projectId) {
      if (!isUuid(projectId)) return null
      const row = await sql.project.findUnique({ where: { id: projectId } })
      return row === null ? null : readRow(projectShape, row)
    },
  }
}

type StandingRow = ProjectLookRow & {
  runningByUser: Record<string, number> | null
  processors: ActiveProcessor[] | null
}

export async function projectStanding(sql: Sql, projectId: string): Promise<ProjectStanding | null> {
  if (!isUuid(projectId)) return null
  const [row] = await select<StandingRow>(sql, standingStatement, [projectId])
  if (row === undefined) return null
  return { ...readProjectLook(row), runningByUser: row.runningByUser ?? {}, processors: row.processors ?? [] }
}

function readProjectLook(row: ProjectLookRow): ProjectLook {
  return {
    project: readRow(projectShape, row.project),
    stages: readRows(stageShape, row.stages),
    rewrites: readRows(rewriteShape, row.rewrites),
    tasks: (row.tasks ?? []).map(readLiveTask),
  }
}

function readLiveTask(row: { task: Row; stageRuns: Row[] }): TaskRecord & { stageRuns: TaskStageRecord[] } {
  return { ...readRow(taskShape, row.task), stageRuns: readRows(taskStageShape, row.stageRuns) }
}
