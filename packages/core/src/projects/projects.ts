import { requireProject, type Actor } from '../engine/access.ts'
import { requirePipeline } from '../engine/pipelineParts.ts'
import { AppError, notFound } from '../errors.ts'
import type { Tx } from '../ports.ts'
import type { FileRecord, ProjectRecord, StageRecord } from '../records.ts'
import type { ProjectDeps } from './deps.ts'

const titleLimit = 200

export type CreateProjectRequest = { pipeline: string; title?: string | undefined; input: unknown }
export type ListProjectsRequest = {
  search?: string | undefined
  pipeline?: string | undefined
  archived?: boolean | undefined
  page: number
  pageSize: number
}

export type Projects = {
  create(actor: Actor, request: CreateProjectRequest): Promise<{ projectId: string }>
  get(actor: Actor, projectId: string): Promise<ProjectRecord>
  list(
    actor: Actor,
    request: ListProjectsRequest,
  ): Promise<{ total: number; projects: (ProjectRecord & { stages: StageRecord[] })[] }>
  update(
    actor: Actor,
    projectId: string,
    patch: { title?: string | undefined; archived?: boolean | undefined },
  ): Promise<void>
  remove(actor: Actor, projectId: string): Promise<void>
  undoRemove(actor: Actor, projectId: string): Promise<void>
}

export function createProjects(deps: ProjectDeps): Projects {
  const { database } = deps
  return {
    create: (actor, request) => createProject(deps, actor, request),
    get: (actor, projectId) => requireProject(database, actor, projectId),
    async list(actor, request) {
      const { search, pipeline, archived, page, pageSize } = request
      return database.listProjects({
        workspaceIds: await database.workspacesOf(actor.userId),
        ...(search === undefined ? {} : { search }),
        ...(pipeline === undefined ? {} : { pipeline }),
        archived: archived ?? false,
        page,
        pageSize,
      })
    },
    update: (actor, projectId, patch) => updateProject(deps, actor, projectId, patch),
    remove: (actor, projectId) => removeProject(deps, actor, projectId),
    undoRemove: (actor, projectId) => undoRemove(deps, actor, projectId),
  }
}

async function createProject(
  deps: ProjectDeps,
  actor: Actor,
  request: CreateProjectRequest,
): Promise<{ projectId: string }> {
  const pipeline = requirePipeline(deps.pipelines, request.pipeline)
  const input = pipeline.parseInput(request.input)
  const [workspaceId] = await deps.database.workspacesOf(actor.userId)
  if (workspaceId === undefined) throw notFound('workspace', 'of your own')
  const projectId = deps.crypto.newId()
  const fileId = pipeline.fileOf?.(input) ?? null
  await deps.change(async (change) => {
    const file = fileId === null ? undefined : await requireFreeFile(change.tx, fileId, workspaceId)
    const title = checkTitle(request.title?.trim() || pipeline.titleOf(input, file).slice(0, titleLimit))
    const owner = { id: projectId, workspaceId, createdBy: actor.userId }
    await change.tx.insertProject(
      { ...owner, pipeline: pipeline.key, title, input: { ...input } },
      pipeline.stages.map((stage) => stage.key),
    )
    // Another project may have taken it meanwhile.
    if (file !== undefined && !(await change.tx.attachFile(file.id, owner))) throw fileInUse(file)
    // Its first revision is 1: 0 is what a viewer that has seen nothing knows.
    await change.touchProject(projectId)
    await change.touchWorkspace(workspaceId)
  })
  return { projectId }
}

/** The file that a project is to be made with; it must be in the same workspace, and nobody's yet. */
async function requireFreeFile(tx: Tx, fileId: string, workspaceId: string): Promise<FileRecord> {
  const file = await tx.file(fileId)
  if (file === null || file.storedAt === null || file.workspaceId !== workspaceId) throw notFound('file', fileId)
  if (file.projectId !== null || file.rewriteId !== null) throw fileInUse(file)
  return file
}

function fileInUse({ name }: FileRecord): AppError {
  return new AppError('file.inUse', `“${name}” belongs to a project already. Upload it again to make another.`, {
    params: { name },
  })
}

async function updateProject(
  deps: ProjectDeps,
  actor: Actor,
  projectId: string,
  { title, archived }: { title?: string | undefined; archived?: boolean | undefined },
): Promise<void> {
  await requireProject(deps.database, actor, projectId)
  await deps.change(async (change) => {
    const project = await change.touchProject(projectId)
    await change.tx.updateProject(projectId, {
      ...(title === undefined ? {} : { title: checkTitle(title.trim()) }),
      ...(archived === undefined ? {} : { archivedAt: archived ? (project.archivedAt ?? project.updatedAt) : null }),
    })
    await change.touchWorkspace(project.workspaceId)
  })
}

async function removeProject(deps: ProjectDeps, actor: Actor, projectId: string): Promise<void> {
  await requireProject(deps.database, actor, projectId)
  await deps.change(async (change) => {
    const project = await change.touchProject(projectId)
    await change.tx.updateProject(projectId, { removedAt: project.updatedAt })
    await change.touchWorkspace(project.workspaceId)
  })
  // Only now, when no task can be added any more.
  const look = await deps.database.projectLook(projectId)
  for (const task of look?.tasks ?? []) {
    await deps.cancelTask(actor, task.id).catch((error: unknown) => {
      // It has ended by itself meanwhile.
      if (!(error instanceof AppError && error.code === 'task.notCancellable')) throw error
    })
  }
}

async function undoRemove(deps: ProjectDeps, actor: Actor, projectId: string): Promise<void> {
  const head = await deps.database.projectHead(projectId)
  if (head === null || !(await deps.database.isMember(actor.userId, head.workspaceId)))
    throw notFound('project', projectId)
  await deps.change(async (change) => {
    // It may have been deleted for good meanwhile.
    if ((await change.holdProject(projectId)) === null) throw notFound('project', projectId)
    await change.tx.updateProject(projectId, { removedAt: null })
    await change.touchWorkspace(head.workspaceId)
  })
}

function checkTitle(title: string): string {
  if (title === '') throw new AppError('input.invalid', 'A project needs a title.', { params: { field: 'title' } })
  if (title.length <= titleLimit) return title
  const message = `The title has ${title.length} characters; at most ${titleLimit} are allowed.`
  throw new AppError('input.tooLong', message, { params: { field: 'title', given: title.length, allowed: titleLimit } })
}
