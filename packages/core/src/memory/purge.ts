import { liveTasksOf } from './projectReads.ts'
import type { Rows } from './rows.ts'
import type { Session } from './session.ts'
import { keyOf } from './tables.ts'

/** As the database's foreign keys do it: what belongs to a project goes with it, its files lose it. */
export function purgeProjects(session: Session, ageMs: number, limit: number): number {
  const { tables, now } = session
  const isOld = (removedAt: Date | null) => removedAt !== null && now.getTime() - removedAt.getTime() > ageMs
  const gone = tables.projects
    .all()
    .filter(({ id, removedAt }) => isOld(removedAt) && liveTasksOf(tables, id).length === 0)
    .slice(0, limit)
  for (const { id } of gone) purgeProject(session, id)
  return gone.length
}

function purgeProject({ tables }: Session, projectId: string): void {
  const tasks = new Set(tables.tasks.all().flatMap((task) => (task.projectId === projectId ? [task.id] : [])))
  removeWhere(tables.calls, (call) => tasks.has(call.taskId) && call.id)
  removeWhere(tables.attempts, (row) => tasks.has(row.taskId) && keyOf(row.taskId, row.attempt))
  removeWhere(tables.taskStages, (row) => tasks.has(row.taskId) && keyOf(row.taskId, row.key))
  removeWhere(tables.tasks, (task) => tasks.has(task.id) && task.id)
  removeWhere(tables.rewrites, (row) => row.projectId === projectId && row.id)
  removeWhere(tables.drafts, (row) => row.projectId === projectId && keyOf(projectId, row.stageKey, row.userId))
  removeWhere(tables.stages, (row) => row.projectId === projectId && keyOf(projectId, row.key))
  for (const file of tables.files.all()) {
    if (file.projectId === projectId) tables.files.put(file.id, { ...file, projectId: null })
  }
  tables.projects.remove(projectId)
}

/** `keyWhere` gives the key of a row that is to go. */
function removeWhere<Row>(rows: Rows<Row>, keyWhere: (row: Row) => string | false): void {
  for (const row of rows.all()) {
    const key = keyWhere(row)
    if (key !== false) rows.remove(key)
  }
}
