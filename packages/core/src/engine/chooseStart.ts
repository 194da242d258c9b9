/**
 * What a new rewrite begins with: nothing, the text it continues, or what stands before the one part that is written
 * anew. Looked at when the task is created, so that a mistake is told at once, and again when the stage begins.
 */
import { AppError } from '../errors.ts'
import type { Tx } from '../ports.ts'
import type { RewriteRecord, StageRecord, TaskRecord } from '../records.ts'
import type { PartRun, StageDefinition } from './definition.ts'

export type Start = {
  base: RewriteRecord | null
  /** Text of the base that the new rewrite begins with. */
  copied: { text: string; checkpoint: unknown } | null
  part: PartRun | null
}

type Wish = Pick<TaskRecord, 'projectId' | 'part' | 'continueFrom'>
type At = { stage: Pick<StageRecord, 'key' | 'currentRewriteId'>; definition: StageDefinition }

const nothing: Start = { base: null, copied: null, part: null }

/** Throws AppError 'input.invalid' (field, problem) or 'notFound'. */
export async function chooseStart(tx: Tx, wish: Wish, at: At): Promise<Start> {
  if (wish.continueFrom !== null) return continueText(tx, wish, wish.continueFrom, at.definition)
  if (wish.part === null) return nothing
  const baseId = at.stage.currentRewriteId
  const base = baseId === null ? null : await tx.rewrite(baseId)
  if (base === null) throw invalid('part', `stage ${at.stage.key} has no text yet`)
  const part = await readPart(tx, base, wish.part, at.definition)
  return { base, copied: { text: part.before, checkpoint: null }, part }
}

/** The part as it stands in `base`. Throws AppError 'input.invalid'. */
export async function readPart(
  tx: Tx,
  base: Pick<RewriteRecord, 'id'>,
  key: string,
  { key: stageKey, readParts }: StageDefinition,
): Promise<PartRun> {
  if (readParts === undefined) throw invalid('part', `stage ${stageKey} is only ever written as a whole`)
  const text = (await tx.storedText(base.id)) ?? ''
  const parts = readParts(text)
  const part = parts.find((candidate) => candidate.key === key)
  if (part === undefined) {
    const known = parts.map((candidate) => candidate.key).join(', ')
    throw invalid('part', `there is no part "${key}" in stage ${stageKey}; there are: ${known}`)
  }
  const { start, end } = part
  return { ...part, before: text.slice(0, start), text: text.slice(start, end), after: text.slice(end) }
}

async function continueText(
  tx: Tx,
  { projectId }: Wish,
  rewriteId: string,
  definition: StageDefinition,
): Promise<Start> {
  const { key: stageKey } = definition
  const base = await tx.rewrite(rewriteId)
  if (base === null || base.projectId !== projectId || base.stageKey !== stageKey)
    throw new AppError('notFound', `Stage ${stageKey} has no version ${rewriteId}.`, { params: { id: rewriteId } })
  if (base.ending === null) throw invalid('continueFrom', `version ${base.no} is still being written`)
  if (base.ending === 'complete') throw invalid('continueFrom', `version ${base.no} is complete`)
  const text = keptOf((await tx.storedText(base.id)) ?? '', definition)
  if (text === '') throw invalid('continueFrom', `version ${base.no} is empty`)
  return { base, copied: { text, checkpoint: base.checkpoint?.content ?? null }, part: null }
}

/** What is gone on with of a text that was cut somewhere. */
export function keptOf(text: string, { keepUpTo }: StageDefinition): string {
  return keepUpTo === undefined ? text : text.slice(0, keepUpTo(text))
}

function invalid(field: string, problem: string): AppError {
  return new AppError('input.invalid', `${field}: ${problem}.`, { params: { field, problem } })
}
