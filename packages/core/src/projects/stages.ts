import { requireProject, type Actor } from '../engine/access.ts'
import type { Change } from '../engine/change.ts'
import { readPart } from '../engine/chooseStart.ts'
import type { StageDefinition } from '../engine/definition.ts'
import { previousStageKey, requirePipeline, requireStage } from '../engine/pipelineParts.ts'
import { AppError, notFound } from '../errors.ts'
import type { MadeText, StoredText, Tx } from '../ports.ts'
import type { DraftRecord, ProjectRecord, RewriteKind, RewriteRecord, StageRecord } from '../records.ts'
import type { ProjectDeps, StageName } from './deps.ts'
import { findMade } from './findMade.ts'

const textLimit = 1_000_000

export type Edit = StageName & { text: string; baseRewriteId: string | null; part?: string | undefined }

export type Stages = {
  versions(actor: Actor, name: StageName): Promise<RewriteRecord[]>
  /** One version with its text: closed ones never change. */
  version(actor: Actor, rewriteId: string): Promise<StoredText>
  /**
   * Saves the user's text as a new version: of the whole, or of one part, around which the rest stays as it is.
   * `stage.changed` when another version came since `baseRewriteId`.
   */
  edit(actor: Actor, edit: Edit): Promise<{ rewriteId: string }>
  /** A text that a plain run would only make again; see {@link findMade}. */
  cached(actor: Actor, name: StageName & { model: string | null }): Promise<MadeText | null>
  /** Makes a new version with an older one's text: in its own stage, or in the same stage of another project. */
  restore(
    actor: Actor,
    restoring: { rewriteId: string; projectId?: string | undefined },
  ): Promise<{ rewriteId: string }>
  /** Takes a result that was below the threshold all the same: a new version that says who did, and at which score. */
  accept(actor: Actor, name: StageName): Promise<{ rewriteId: string }>
  lock(actor: Actor, lock: StageName & { locked: boolean }): Promise<void>
  draft(actor: Actor, name: StageName): Promise<DraftRecord | null>
  saveDraft(actor: Actor, draft: StageName & { text: string | null; baseRewriteId: string | null }): Promise<void>
}

export function createStages(deps: ProjectDeps): Stages {
  return {
    async versions(actor, { projectId, stage }) {
      await requireProject(deps.database, actor, projectId)
      return deps.database.versions(projectId, stage)
    },
    version: (actor, rewriteId) => readVersion(deps, actor, rewriteId),
    edit: (actor, edit) => editStage(deps, actor, edit),
    cached: (actor, name) => findMade(deps, actor, name),
    restore: (actor, restoring) => restoreVersion(deps, actor, restoring),
    accept: (actor, name) => acceptResult(deps, actor, name),
    lock: (actor, lock) => lockStage(deps, actor, lock),
    async draft(actor, { projectId, stage }) {
      await requireProject(deps.database, actor, projectId)
      return deps.database.draftOf(projectId, stage, actor.userId)
    },
    saveDraft: (actor, draft) => saveDraft(deps, actor, draft),
  }
}

async function readVersion(deps: ProjectDeps, actor: Actor, rewriteId: string): Promise<StoredText> {
  const stored = await deps.database.storedTextFrom(rewriteId, 0)
  if (stored === null) throw notFound('version', rewriteId)
  await requireProject(deps.database, actor, stored.rewrite.projectId).catch((error: unknown) => {
    // The answer names what was asked for, not the project behind it.
    throw error instanceof AppError && error.code === 'notFound' ? notFound('version', rewriteId) : error
  })
  return stored
}

async function editStage(
  deps: ProjectDeps,
  actor: Actor,
  { projectId, stage: key, text: given, baseRewriteId, part }: Edit,
): Promise<{ rewriteId: string }> {
  checkText(given)
  await requireProject(deps.database, actor, projectId)
  return deps.change(async (change) => {
    const project = await change.touchProject(projectId)
    const stage = await requireIdleStage(change, projectId, key)
    if (stage.currentRewriteId !== baseRewriteId) {
      const message = `Stage ${key} has another version since you began to edit. Look at it, then save again.`
      throw new AppError('stage.changed', message, { params: { stage: key, currentRewriteId: stage.currentRewriteId } })
    }
    const base = baseRewriteId === null ? null : await change.tx.rewrite(baseRewriteId)
    const definition = requireStage(requirePipeline(deps.pipelines, project.pipeline), key)
    const text = part === undefined ? given : await replacePart(change.tx, { base, part, definition, text: given })
    const rewriteId = await addVersion(deps, change, { actor, project, stage, kind: 'edited', text, base })
    await change.tx.removeDraft(projectId, key, actor.userId)
    return { rewriteId }
  })
}

type Replacement = { base: RewriteRecord | null; part: string; definition: StageDefinition; text: string }

async function replacePart(tx: Tx, { base, part: key, definition, text }: Replacement): Promise<string> {
  if (base === null) {
    const problem = `stage ${definition.key} has no text yet`
    throw new AppError('input.invalid', `part: ${problem}.`, { params: { field: 'part', problem } })
  }
  const part = await readPart(tx, base, key, definition)
  return part.before + text + part.after
}

async function restoreVersion(
  deps: ProjectDeps,
  actor: Actor,
  { rewriteId: fromId, projectId }: { rewriteId: string; projectId?: string | undefined },
): Promise<{ rewriteId: string }> {
  const { rewrite: from, text } = await readVersion(deps, actor, fromId)
  if (from.ending === null)
    throw new AppError('rewrite.open', `Version ${fromId} is still being written; wait for its end.`, {
      params: { rewriteId: fromId },
    })
  const isElsewhere = projectId !== undefined && projectId !== from.projectId
  const target = await requireProject(deps.database, actor, projectId ?? from.projectId)
  if (isElsewhere) await requireSamePipeline(deps, actor, { target, from })
  return deps.change(async (change) => {
    const project = await change.touchProject(target.id)
    const stage = await requireIdleStage(change, project.id, from.stageKey)
    const base = isElsewhere ? null : from
    const inputRewriteId = await inputOfRestored(deps, change.tx, { from, project })
    const addition = { actor, project, stage, kind: 'restored' as const, text, base, inputRewriteId }
    return { rewriteId: await addVersion(deps, change, addition) }
  })
}

/** What it was made from: the present text of the stage before where that is the same, so that it is not out of date. */
async function inputOfRestored(
  { pipelines }: ProjectDeps,
  tx: Tx,
  { from, project }: { from: RewriteRecord; project: ProjectRecord },
): Promise<string | null> {
  if (from.inputRewriteId === null) return null
  const previous = previousStageKey(requirePipeline(pipelines, project.pipeline), from.stageKey)
  const presentId = (await tx.stages(project.id)).find(({ key }) => key === previous)?.currentRewriteId ?? null
  const present = presentId === null ? null : await tx.rewrite(presentId)
  const former = await tx.rewrite(from.inputRewriteId)
  if (present !== null && former !== null && present.sha256 === former.sha256) return present.id
  return project.id === from.projectId ? from.inputRewriteId : null
}

/** A text is at home only in its own stage of its own pipeline. */
async function requireSamePipeline(
  { database }: ProjectDeps,
  actor: Actor,
  { target, from }: { target: ProjectRecord; from: RewriteRecord },
): Promise<void> {
  const { pipeline } = await requireProject(database, actor, from.projectId)
  if (pipeline === target.pipeline) return
  const problem = `version ${from.id} is of a ${pipeline} project, and this is a ${target.pipeline} project`
  throw new AppError('input.invalid', `rewriteId: ${problem}.`, { params: { field: 'rewriteId', problem } })
}

async function acceptResult(
  deps: ProjectDeps,
  actor: Actor,
  { projectId, stage: key }: StageName,
): Promise<{ rewriteId: string }> {
  await requireProject(deps.database, actor, projectId)
  return deps.change(async (change) => {
    const project = await change.touchProject(projectId)
    const stage = await requireIdleStage(change, projectId, key)
    const { failure, lastRewriteId } = stage
    const last = lastRewriteId === null ? null : await change.tx.rewrite(lastRewriteId)
    if (failure?.code !== 'quality.belowThreshold' || last === null) {
      const message = `Stage ${key} has no result that was below the threshold.`
      throw new AppError('quality.nothingToAccept', message, { params: { stage: key } })
    }
    const text = (await change.tx.storedText(last.id)) ?? ''
    const { score, threshold } = failure.params ?? {}
    const addition = { actor, project, stage, kind: 'accepted' as const, text, base: last }
    return { rewriteId: await addVersion(deps, change, { ...addition, summary: `${score} < ${threshold}` }) }
  })
}

type Addition = {
  actor: Actor
  project: ProjectRecord
  stage: StageRecord
  kind: RewriteKind
  text: string
  base: RewriteRecord | null
  /** Where it is not what its base was made from. */
  inputRewriteId?: string | null
  /** In place of what the stage itself says of the text. */
  summary?: string
}

/** A new version of a stage at once: closed from the start, made from what its base was made from. */
async function addVersion(
  deps: ProjectDeps,
  change: Change,
  { actor, project, stage, kind, text, base, summary, inputRewriteId = base?.inputRewriteId ?? null }: Addition,
): Promise<string> {
  const { tx } = change
  const id = deps.crypto.newId()
  const no = project.lastRewriteNo + 1
  await tx.insertClosedRewrite({
    id,
    projectId: project.id,
    stageKey: stage.key,
    no,
    kind,
    inputRewriteId,
    baseRewriteId: base?.id ?? null,
    instruction: null,
    createdBy: actor.userId,
    summary: summary ?? summarize(deps, project, stage.key, text),
    text,
    sha256: deps.crypto.sha256(text),
  })
  await tx.updateProject(project.id, { lastRewriteNo: no })
  const status = stage.status === 'queued' || stage.status === 'waiting' ? stage.status : 'done'
  await tx.updateStage(project.id, stage.key, { currentRewriteId: id, lastRewriteId: id, status, failure: null })
  await change.touchWorkspace(project.workspaceId)
  return id
}

/** What the stage says of a text, in a few words; nothing when it can't read it. */
function summarize(deps: ProjectDeps, project: ProjectRecord, key: string, text: string): string | null {
  const check = requireStage(requirePipeline(deps.pipelines, project.pipeline), key).check(text, project.input)
  return check.ok ? check.summary : null
}

async function lockStage(
  deps: ProjectDeps,
  actor: Actor,
  { projectId, stage: key, locked }: StageName & { locked: boolean },
): Promise<void> {
  await requireProject(deps.database, actor, projectId)
  await deps.change(async (change) => {
    const project = await change.touchProject(projectId)
    await requireIdleStage(change, projectId, key)
    await change.tx.updateStage(projectId, key, { locked })
    await change.touchWorkspace(project.workspaceId)
  })
}

async function saveDraft(
  deps: ProjectDeps,
  actor: Actor,
  { projectId, stage, text, baseRewriteId }: StageName & { text: string | null; baseRewriteId: string | null },
): Promise<void> {
  if (text !== null && text.length > textLimit) throw textTooLong(text.length)
  await requireProject(deps.database, actor, projectId)
  const { database } = deps
  await database.transaction(async (tx) => {
    requireStageRow(await tx.stages(projectId), stage)
    if (text === null) await tx.removeDraft(projectId, stage, actor.userId)
    else await tx.saveDraft({ projectId, stageKey: stage, userId: actor.userId, text, baseRewriteId })
  })
}

async function requireIdleStage(change: Change, projectId: string, key: string): Promise<StageRecord> {
  const stage = requireStageRow(await change.tx.stages(projectId), key)
  if (stage.status !== 'running') return stage
  throw new AppError('stage.busy', `Stage ${key} is being written. Stop it, or wait for its end.`, {
    params: { stage: key },
  })
}

function requireStageRow(stages: readonly StageRecord[], key: string): StageRecord {
  const stage = stages.find((candidate) => candidate.key === key)
  if (stage !== undefined) return stage
  throw new AppError('project.stageUnknown', `This project has no stage ${key}.`, { params: { stage: key } })
}

function checkText(text: string): void {
  if (text.trim() === '')
    throw new AppError('input.invalid', 'A version needs some text.', { params: { field: 'text' } })
  if (text.length > textLimit) throw textTooLong(text.length)
}

function textTooLong(given: number): AppError {
  const message = `The text has ${given} characters; at most ${textLimit} are allowed.`
  return new AppError('input.tooLong', message, { params: { field: 'text', given, allowed: textLimit } })
}
