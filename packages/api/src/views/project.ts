import { notFound, describeProject, type Database } from '@stagewright/core'

/** A project with its input and its level state. The caller has checked that it may be seen. */
export async function viewProject(database: Database, projectId: string) {
  const look = await database.projectLook(projectId)
  if (look === null) throw notFound('project', projectId)
  const { project } = look
  return {
    id: project.id,
    title: project.title,
    pipeline: project.pipeline,
    input: project.input,
    archived: project.archivedAt !== null,
    revision: project.revision,
    state: describeProject(look),
    createdAt: project.createdAt.toISOString(),
    updatedAt: project.updatedAt.toISOString(),
  }
}

export type ProjectView = Awaited<ReturnType<typeof viewProject>>
