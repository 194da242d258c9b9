import { AppError } from '../errors.ts'
import { UniqueViolation, type Tx } from '../ports.ts'
import type { ProjectRecord, TaskRecord } from '../records.ts'
import { requireProject, type Actor } from './access.ts'
import { decideAdmission, readLoad } from './admission.ts'
import type { Change } from './change.ts'
import { decideStages, isOutOfDate, type StageStanding } from './decideStages.ts'
import type { EngineDeps } from './deps.ts'
import { requirePipeline } from './pipelineParts.ts'

const inputLimit = 50_000

export type CreateTaskRequest = {
  projectId: string
  stages: readonly string[] | 'rest'
  /** The user's own text as a stage's input, by stage key. */
  input?: Readonly<Record<string, string>> | undefined
  model?: string | undefined
  instruction?: string | undefined
  idempotencyKey?: string | undefined
  reviewEach?: boolean | undefined
}

/**
 * Queues a task: its row, its stages and its job are one transaction. The same idempotency key with the same request
 * answers with the task there is; with another request it is `idempotency.conflict`.
 */
export async function createTask(
  deps: EngineDeps,
  actor: Actor,
  request: CreateTaskRequest,
): Promise<{ taskId: string }> {
  await requireProject(deps.database, actor, request.projectId)
  checkTexts(request)
  const requestHash = deps.crypto.sha256(canonical(request))
  const key = request.idempotencyKey
  try {
    return await deps.change(async (change) => {
      const project = await change.touchProject(request.projectId)
      const earlier = key === undefined ? null : await change.tx.taskByIdempotencyKey(actor.userId, key)
      if (earlier !== null) return repeatOf(earlier, requestHash)
      return insertTask(deps, change, { actor, project, request, requestHash, retryOf: null })
    })
  } catch (error) {
    // Two creates with one key raced for different projects' locks: the first is the task.
    if (!(error instanceof UniqueViolation) || key === undefined) throw error
    const earlier = await deps.database.transaction((tx) => tx.taskByIdempotencyKey(actor.userId, key))
    if (earlier === null) throw error
    return repeatOf(earlier, requestHash)
  }
}

export type Insertion = {
  actor: Actor
  project: ProjectRecord
  request: CreateTaskRequest
  requestHash: string
  retryOf: string | null
}

/** The part of creating a task that `create` and `retry` share; the project's row is held. */
export async function insertTask(deps: EngineDeps, change: Change, insertion: Insertion): Promise<{ taskId: string }> {
  const { actor, project, request } = insertion
  const { tx } = change
  const inputs = { ...request.input }
  const pipeline = requirePipeline(deps.pipelines, project.pipeline)
  const stages = decideStages(pipeline, await readStandings(tx, project.id), request.stages, inputs)
  // Held before the counts, so that creates at the same time can't both take the last place.
  const eventSeq = await change.touchWorkspace(project.workspaceId)
  const refusal = decideAdmission(await readLoad(tx, actor.userId, await tx.liveTasksOf(project.id)), deps.settings)
  if (refusal !== null) throw refusal

  const taskId = deps.crypto.newId()
  for (const stage of await tx.stages(project.id)) {
    if (!stages.includes(stage.key) || stage.status === 'running') continue
    await tx.updateStage(project.id, stage.key, { status: 'queued' })
  }
  await tx.insertTask({
    id: taskId,
    workspaceId: project.workspaceId,
    projectId: project.id,
    createdBy: actor.userId,
    stages,
    idempotencyKey: request.idempotencyKey ?? null,
    requestHash: insertion.requestHash,
    instruction: request.instruction?.trim() || null,
    inputs,
    model: request.model ?? null,
    reviewEach: request.reviewEach ?? false,
    retryOf: insertion.retryOf,
    eventSeq,
  })
  await tx.sendJob({ taskId, projectId: project.id })
  return { taskId }
}

export async function readStandings(tx: Tx, projectId: string): Promise<StageStanding[]> {
  const stages = await tx.stages(projectId)
  let previousCurrentId: string | null = null
  const standings: StageStanding[] = []
  for (const stage of stages) {
    const current = stage.currentRewriteId === null ? null : await tx.rewrite(stage.currentRewriteId)
    standings.push({ ...stage, outOfDate: isOutOfDate(current, previousCurrentId) })
    previousCurrentId = stage.currentRewriteId
  }
  return standings
}

function repeatOf(earlier: TaskRecord, requestHash: string): { taskId: string } {
  if (earlier.requestHash === requestHash) return { taskId: earlier.id }
  const message = `The idempotency key ${earlier.idempotencyKey} was used for another request (task ${earlier.id}). Use a new key.`
  throw new AppError('idempotency.conflict', message, { params: { taskId: earlier.id } })
}

function checkTexts(request: CreateTaskRequest): void {
  for (const [stage, text] of Object.entries(request.input ?? {})) {
    if (text.trim() === '')
      throw new AppError('input.invalid', `The text given for stage ${stage} is empty.`, { params: { stage } })
    if (text.length <= inputLimit) continue
    const message = `The text given for stage ${stage} has ${text.length} characters; at most ${inputLimit} are allowed.`
    throw new AppError('input.tooLong', message, { params: { stage, given: text.length, allowed: inputLimit } })
  }
}

/** The request as text that is the same for the same request, whatever the order of its keys. */
function canonical(request: CreateTaskRequest): string {
  const input = Object.entries(request.input ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([
    request.projectId,
    request.stages,
    input,
    request.model,
    request.instruction,
    request.reviewEach,
  ])
}
