import { notFound } from '../errors.ts'
import type { Database, TaskLook } from '../ports.ts'
import type { ProjectRecord } from '../records.ts'

/** Who asks. Access goes by membership of the workspace; another user's id is answered as if it did not exist. */
export type Actor = { userId: string }

export async function requireProject(database: Database, actor: Actor, projectId: string): Promise<ProjectRecord> {
  const project = await database.projectHead(projectId)
  if (project === null || project.removedAt !== null) throw notFound('project', projectId)
  if (!(await database.isMember(actor.userId, project.workspaceId))) throw notFound('project', projectId)
  return project
}

export async function requireTask(database: Database, actor: Actor, taskId: string): Promise<TaskLook> {
  const look = await database.taskLook(taskId)
  if (look === null || look.task.removedAt !== null) throw notFound('task', taskId)
  if (!(await database.isMember(actor.userId, look.task.workspaceId))) throw notFound('task', taskId)
  return look
}
