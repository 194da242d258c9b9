import { AppError } from '../errors.ts'
import { UniqueViolation, type Tx } from '../ports.ts'
import type { ProjectRecord, RewriteRecord, TaskRecord } from '../records.ts'
import { requireProject, type Actor } from './access.ts'
import { decideAdmission, readLoad } from './admission.ts'
import type { Change } from './change.ts'
import { chooseStart } from './chooseStart.ts'
import { decideStages, isOutOfDate, type StageStanding } from './decideStages.ts'
import type { PipelineDefinition } from './definition.ts'
import type { EngineDeps } from './deps.ts'
import { requirePipeline, requireStage } from './pipelineParts.ts'

const inputLimit = 50_000

export type CreateTaskRequest = {
  projectId: string
  stages: readonly string[] | 'rest'
  /** The user's own text as a stage's input, by stage key. */
  input?: Readonly<Record<string, string>> | undefined
  model?: string | undefined
  instruction?: string | undefined
  /** The one part of the stage's text to be written anew. */
  part?: string | undefined
  /** A version that was cut off, stopped or interrupted, to be gone on with. */
  continueFrom?: string | undefined
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
  const pipeline = requirePipeline(deps.pipelines, project.pipeline)
  const standings = await readStandings(tx, project.id)
  const stages = decideStages(pipeline, standings, request.stages, request.input ?? {})
  const wish = { projectId: project.id, part: request.part ?? null, continueFrom: request.continueFrom ?? null }
  const base = await checkStart(tx, wish, { request, pipeline, stages, standings })
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
    part: wish.part,
    continueFrom: wish.continueFrom,
    inputs: { ...(await inputsOf(tx, base)), ...request.input },
    model: request.model ?? null,
    reviewEach: request.reviewEach ?? false,
    retryOf: insertion.retryOf,
    eventSeq,
  })
  await tx.sendJob({ taskId, projectId: project.id })
  return { taskId }
}

type Starting = {
  request: CreateTaskRequest
  pipeline: PipelineDefinition
  stages: readonly string[]
  standings: readonly StageStanding[]
}

/** A part, or a text to go on with, is of one stage. Gives the version it is of. */
async function checkStart(
  tx: Tx,
  wish: Parameters<typeof chooseStart>[1],
  { request, pipeline, stages, standings }: Starting,
): Promise<RewriteRecord | null> {
  const field = wish.part !== null ? 'part' : wish.continueFrom !== null ? 'continueFrom' : null
  if (field === null) return null
  const stage = standings.find(({ key }) => key === stages[0])
  if (stages.length !== 1 || stage === undefined) throw invalidStart(field, 'is for a task of one stage')
  if (wish.part !== null && wish.continueFrom !== null) throw invalidStart(field, 'does not go with continueFrom')
  if (wish.continueFrom !== null && request.instruction !== undefined)
    throw invalidStart(field, 'does not go with an instruction')
  const { base } = await chooseStart(tx, wish, { stage, definition: requireStage(pipeline, stage.key) })
  return base
}

/** A text made from the user's own goes on from that. */
async function inputsOf(tx: Tx, base: RewriteRecord | null): Promise<Record<string, string>> {
  const task = base?.taskId ? await tx.task(base.taskId) : null
  const own = base === null ? undefined : task?.inputs[base.stageKey]
  return base === null || own === undefined ? {} : { [base.stageKey]: own }
}

function invalidStart(field: string, problem: string): AppError {
  return new AppError('input.invalid', `${field}: ${problem}.`, { params: { field, problem } })
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
    request.part,
    request.continueFrom,
  ])
}
