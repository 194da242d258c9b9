import { AppError } from '../errors.ts'
import { openingSpans } from '../feed/spans.ts'
import { chooseStart, readPart } from './chooseStart.ts'
import type { PartRun, PipelineDefinition } from './definition.ts'
import type { ProjectStanding, Tx } from '../ports.ts'
import type { ProjectRecord, RewriteRecord, StageRecord, TaskRecord } from '../records.ts'
import type { EngineDeps } from './deps.ts'
import { previousStageKey, requireStage } from './pipelineParts.ts'

/** Everything a stage's run needs, read in the transaction that began it. */
export type StageRun = {
  task: TaskRecord
  project: ProjectRecord
  stageKey: string
  rewrite: RewriteRecord
  input: string
  /** The texts of earlier stages that it reads beside its input. */
  earlier: Record<string, string>
  presentText: string | null
  instructions: string[]
  keptText: string
  part: PartRun | null
}

/** What stands in the project, read in the same transaction. */
export type Standing = Pick<ProjectStanding, 'stages' | 'rewrites' | 'processors'>

export type Beginning = {
  task: TaskRecord
  project: ProjectRecord
  pipeline: PipelineDefinition
  standing: Standing
  stageKey: string
}

/**
 * Opens a stage's rewrite, or takes over the one an earlier attempt of this task left open, keeping the text up to
 * its last checkpoint. The project's row is held; `project.lastRewriteNo` is brought up to date in place.
 */
export async function beginStage(deps: EngineDeps, tx: Tx, beginning: Beginning): Promise<StageRun> {
  const { task, project, stageKey, standing } = beginning
  const open = openOf(standing)
  const source =
    open !== null && open.taskId === task.id && open.stageKey === stageKey
      ? await takeOver(tx, beginning, open)
      : await openNew(deps, tx, beginning)
  const { rewrite, keptText, part } = source
  return { task, project, stageKey, rewrite, ...(await readMaterial(tx, beginning, rewrite)), keptText, part }
}

/** What a stage's run works on: its input, what stands there, and what was asked for. */
export async function readMaterial(tx: Tx, beginning: Beginning, origin: Origin) {
  const input = await readInput(tx, beginning, origin)
  const asked = await findAsked(tx, origin)
  const isRevision = asked.instruction !== null && asked.baseRewriteId !== null
  return {
    input,
    earlier: await readEarlier(tx, beginning),
    presentText: isRevision ? await tx.storedText(asked.baseRewriteId!) : null,
    instructions: await readInstructions(tx, asked),
  }
}

/** What a rewrite is made from. */
export type Origin = Pick<RewriteRecord, 'kind' | 'inputRewriteId' | 'baseRewriteId' | 'instruction'>
type Source = { rewrite: RewriteRecord; keptText: string; part: PartRun | null }

async function takeOver(tx: Tx, { task, pipeline, stageKey }: Beginning, open: RewriteRecord): Promise<Source> {
  const definition = requireStage(pipeline, stageKey)
  const stored = definition.keepUpTo === undefined || task.part !== null ? null : await tx.storedText(open.id)
  const keepUpTo = stored === null ? (open.checkpoint?.length ?? 0) : definition.keepUpTo!(stored)
  await tx.takeOverRewrite(open.id, { attempt: task.attempt, keepUpTo })
  const keptText = keepUpTo === 0 ? '' : (stored?.slice(0, keepUpTo) ?? (await tx.storedText(open.id)) ?? '')
  const spans = [...open.spans.filter((span) => span.from < keepUpTo), { attempt: task.attempt, from: keepUpTo }]
  const part = task.part === null ? null : await readPart(tx, { id: open.baseRewriteId! }, task.part, definition)
  return { rewrite: { ...open, attempt: task.attempt, length: keepUpTo, spans }, keptText, part }
}

/** What a stage's new rewrite will be made from, and begins with. Throws AppError where it can't begin. */
export async function planRewrite(tx: Tx, beginning: Beginning) {
  const {
    task,
    pipeline,
    stageKey,
    standing: { stages },
  } = beginning
  const stage = requireRow(stages, stageKey)
  if (stage.locked)
    throw new AppError('stage.locked', `Stage ${stageKey} was locked before its turn came.`, {
      params: { stage: stageKey },
    })
  const { base, copied, part } = await chooseStart(tx, task, { stage, definition: requireStage(pipeline, stageKey) })
  const previousKey = previousStageKey(pipeline, stageKey)
  const ownText = task.inputs[stageKey]
  // What is continued goes on with what it was made from.
  const previousId = previousKey === null ? null : requireRow(stages, previousKey).currentRewriteId
  const inputRewriteId =
    previousKey === null || ownText !== undefined ? null : (task.continueFrom && base?.inputRewriteId) || previousId
  if (previousKey !== null && ownText === undefined && inputRewriteId === null) throw inputMissing(stageKey)
  // The instruction speaks to the first stage of the task; the others are run plainly after it.
  const instruction = task.stages[0] === stageKey ? task.instruction : null
  const origin = {
    kind: task.continueFrom === null ? ('generated' as const) : ('continued' as const),
    inputRewriteId,
    baseRewriteId: base?.id ?? (instruction === null ? null : stage.currentRewriteId),
    instruction,
  }
  return { origin, copied, part }
}

async function openNew(deps: EngineDeps, tx: Tx, beginning: Beginning): Promise<Source> {
  const { task, project, stageKey } = beginning
  const { origin, copied, part } = await planRewrite(tx, beginning)
  const no = project.lastRewriteNo + 1
  const opening = {
    id: deps.crypto.newId(),
    projectId: project.id,
    stageKey,
    no,
    taskId: task.id,
    attempt: task.attempt,
    ...origin,
    createdBy: task.createdBy,
    ...(copied === null ? {} : { copied }),
  }
  await tx.insertOpenRewrite(opening)
  await tx.updateProject(project.id, { lastRewriteNo: no })
  project.lastRewriteNo = no
  await tx.updateStage(project.id, stageKey, { status: 'running', lastRewriteId: opening.id, failure: null })
  await tx.updateTaskStage(task.id, stageKey, { status: 'running', rewriteId: opening.id, startedAt: 'now' })
  return { rewrite: asOpen(opening, project.updatedAt), keptText: copied?.text ?? '', part }
}

type Opening = Parameters<Tx['insertOpenRewrite']>[0]

/** The row as `insertOpenRewrite` stored it, without reading it back. */
function asOpen({ copied, ...opening }: Opening, now: Date): RewriteRecord {
  const length = copied?.text.length ?? 0
  return {
    ...opening,
    length,
    spans: openingSpans(opening.attempt, length),
    checkpoint: copied === undefined ? null : { length, content: copied.checkpoint },
    ending: null,
    sha256: null,
    summary: null,
    promptTokens: null,
    completionTokens: null,
    createdAt: now,
    closedAt: null,
  }
}

async function readInput(tx: Tx, { task, project, pipeline, stageKey }: Beginning, rewrite: Origin): Promise<string> {
  const ownText = task.inputs[stageKey]
  if (ownText !== undefined) return ownText
  if (rewrite.inputRewriteId !== null) {
    const text = await tx.storedText(rewrite.inputRewriteId)
    if (text !== null) return text
  }
  if (previousStageKey(pipeline, stageKey) === null) return pipeline.firstInput(project.input)
  throw inputMissing(stageKey)
}

async function readEarlier(tx: Tx, { pipeline, stageKey, standing }: Beginning): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  for (const key of requireStage(pipeline, stageKey).reads ?? []) {
    const { currentRewriteId } = requireRow(standing.stages, key)
    const text = currentRewriteId === null ? null : await tx.storedText(currentRewriteId)
    if (text === null) throw inputMissing(stageKey)
    texts[key] = text
  }
  return texts
}

function inputMissing(stageKey: string): AppError {
  const message = `Stage ${stageKey} has nothing to start from: the stage before it has no text yet.`
  return new AppError('stage.inputMissing', message, { params: { stage: stageKey } })
}

/** Whose wish the run follows: what is continued goes on as it was asked for. */
async function findAsked(tx: Tx, rewrite: Origin): Promise<Origin> {
  if (rewrite.kind !== 'continued' || rewrite.baseRewriteId === null) return rewrite
  const base = await tx.rewrite(rewrite.baseRewriteId)
  return base === null ? rewrite : findAsked(tx, base)
}

async function readInstructions(tx: Tx, rewrite: Origin): Promise<string[]> {
  if (rewrite.instruction === null) return []
  const earlier = rewrite.baseRewriteId === null ? [] : await tx.instructionsUpTo(rewrite.baseRewriteId)
  return [...earlier, rewrite.instruction]
}

/** The rewrite that is being written in the project; there is at most one. */
export function openOf({ rewrites }: Standing): RewriteRecord | null {
  return rewrites.find((rewrite) => rewrite.ending === null) ?? null
}

function requireRow(stages: readonly StageRecord[], key: string): StageRecord {
  const stage = stages.find((candidate) => candidate.key === key)
  if (stage === undefined) throw new Error(`The project has no row for stage ${key}.`)
  return stage
}
