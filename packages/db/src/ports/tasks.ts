import type { TaskRecord, Tx } from '@stagewright/core'
import type { DeferredWrites } from './deferredWrites.ts'
import { assignmentsOf, columnsOf, readRow } from './rows.ts'
import { taskShape, taskStageShape } from './shapes.ts'
import { change, isUuid, select, type Sql } from './sql.ts'

type TaskOperations = Pick<
  Tx,
  | 'task'
  | 'taskStages'
  | 'taskByIdempotencyKey'
  | 'liveTasksOf'
  | 'countTasks'
  | 'callsInLastHour'
  | 'insertTask'
  | 'updateTask'
  | 'updateHeldTask'
  | 'queuedTasksToWake'
  | 'updateTaskStage'
  | 'insertAttempt'
  | 'endAttempt'
>

export function taskOperations(sql: Sql, deferred: DeferredWrites): TaskOperations {
  return {
    task: async (taskId) => (isUuid(taskId) ? firstTask(sql, 't.id = $1::uuid', taskId) : null),
    async taskStages(taskId) {
      if (!isUuid(taskId)) return []
      const rows = await sql.taskStage.findMany({ where: { taskId }, orderBy: { position: 'asc' } })
      return rows.map((row) => readRow(taskStageShape, row))
    },
    taskByIdempotencyKey: (userId, key) => firstTask(sql, 't.created_by = $1 AND t.idempotency_key = $2', userId, key),
    async liveTasksOf(projectId) {
      if (!isUuid(projectId)) return []
      const where = `t.project_id = $1::uuid AND t.status IN ('queued', 'running', 'waiting') ORDER BY t.created_at, t.id`
      return tasksWhere(sql, where, projectId)
    },
    countTasks: ({ userId, statuses }) =>
      sql.task.count({
        where: { status: { in: [...statuses] }, ...(userId === undefined ? {} : { createdBy: userId }) },
      }),
    callsInLastHour: (userId) => callsInLastHour(sql, userId),
    insertTask: (task) => insertTask(sql, task),
    updateTask: (taskId, where, patch) => updateTask(sql, taskId, { where, patch }),
    queuedTasksToWake: ({ projectId, userId, limit }) =>
      select(
        sql,
        `SELECT id, project_id AS "projectId" FROM tasks
         WHERE status = 'queued' AND (project_id = $1::uuid OR created_by = $2)
         ORDER BY project_id <> $1::uuid, created_at, id LIMIT $3::int`,
        [projectId, userId, limit],
      ),
    ...runOperations(deferred),
  }
}

/** The runs of a task: its stages and its attempts. */
function runOperations(
  deferred: DeferredWrites,
): Pick<Tx, 'updateHeldTask' | 'updateTaskStage' | 'insertAttempt' | 'endAttempt'> {
  return {
    async updateHeldTask(taskId, patch) {
      const { set, params } = assignmentsOf(taskShape, { ...patch, updatedAt: 'now' }, [taskId])
      const statement = `UPDATE tasks SET ${set} WHERE id = $1::uuid`
      await deferred.add({ row: `tasks ${taskId}`, statement, params, mustFind: { what: 'task', id: taskId } })
    },
    async updateTaskStage(taskId, key, patch) {
      const { set, params } = assignmentsOf(taskStageShape, patch, [taskId, key])
      if (set === '') return
      const statement = `UPDATE task_stages SET ${set} WHERE task_id = $1::uuid AND key = $2`
      const mustFind = { what: 'stage', id: `${key} of task ${taskId}` }
      await deferred.add({ row: `task_stages ${taskId} ${key}`, statement, params, mustFind })
    },
    async insertAttempt(attempt) {
      const statement = 'INSERT INTO attempts (task_id, attempt, worker_id) VALUES ($1::uuid, $2::int, $3)'
      const params = [attempt.taskId, attempt.attempt, attempt.workerId]
      await deferred.add({ row: `attempts ${attempt.taskId} ${attempt.attempt}`, statement, params })
    },
    async endAttempt(taskId, attempt, outcome) {
      const still = 'task_id = $1::uuid AND attempt = $2::int AND ended_at IS NULL' // the first outcome stays
      const statement = `UPDATE attempts SET outcome = $3, ended_at = now() WHERE ${still}`
      await deferred.add({ row: `attempts ${taskId} ${attempt}`, statement, params: [taskId, attempt, outcome] })
    },
  }
}

async function tasksWhere(sql: Sql, where: string, ...params: unknown[]): Promise<TaskRecord[]> {
  const rows = await select(sql, `SELECT ${columnsOf(taskShape, 't')} FROM tasks t WHERE ${where}`, params)
  return rows.map((row) => readRow(taskShape, row))
}

async function firstTask(sql: Sql, where: string, ...params: unknown[]): Promise<TaskRecord | null> {
  return (await tasksWhere(sql, where, ...params))[0] ?? null
}

async function callsInLastHour(sql: Sql, userId: string): Promise<{ count: number; oldestAgeMs: number }> {
  const [row] = await select<{ count: number; oldestAgeMs: number }>(
    sql,
    `SELECT count(*)::int AS count, coalesce(extract(epoch FROM now() - min(started_at)) * 1000, 0)::float8 AS "oldestAgeMs"
     FROM calls WHERE created_by = $1 AND started_at > now() - interval '1 hour'`,
    [userId],
  )
  return { count: row!.count, oldestAgeMs: Math.max(0, Math.round(row!.oldestAgeMs)) }
}

async function insertTask(sql: Sql, task: Parameters<Tx['insertTask']>[0]): Promise<void> {
  await sql.task.createMany({ data: { ...task, stages: [...task.stages] } })
  await sql.taskStage.createMany({ data: task.stages.map((key, position) => ({ taskId: task.id, key, position })) })
}

type TaskUpdate = { where: Parameters<Tx['updateTask']>[1]; patch: Parameters<Tx['updateTask']>[2] }

async function updateTask(sql: Sql, taskId: string, { where, patch }: TaskUpdate): Promise<boolean> {
  const fence = [taskId, where.attempt ?? null, where.statuses === undefined ? null : [...where.statuses]]
  const { set, params } = assignmentsOf(taskShape, { ...patch, updatedAt: 'now' }, fence)
  const count = await change(
    sql,
    `UPDATE tasks SET ${set} WHERE id = $1::uuid
       AND ($2::int IS NULL OR attempt = $2::int) AND ($3::text[] IS NULL OR status = ANY($3::text[]))`,
    params,
  )
  return count === 1
}
