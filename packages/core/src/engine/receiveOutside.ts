/**
 * What a processor says of an outside task. Guarantee: one message id has one effect, however often and however many at
 * once it comes, because the effect and the id are one transaction under the lock of the project's row. A repeat is
 * answered as the first was.
 *
 *   open -> (progress)* -> done | failed (by result, failure, time limit) | cancelled        (never changes again)
 */
import { AppError, notFound, type Failure } from '../errors.ts'
import { cleanText } from '../feed/normalise.ts'
import type { OutsideTaskRecord } from '../outsideRecords.ts'
import type { FileRecord, ProjectRecord, TaskRecord } from '../records.ts'
import { announce } from './announce.ts'
import type { Tx } from '../ports.ts'
import type { Change } from './change.ts'
import { keptOf, readPart } from './chooseStart.ts'
import { storeClosed } from './closeStage.ts'
import { waitedUntil } from './decideClaim.ts'
import type { EngineDeps } from './deps.ts'
import { endTask, type TaskEnd } from './endTask.ts'
import { requirePipeline, requireStage } from './pipelineParts.ts'
import { settleOutside } from './settleOutside.ts'

export type OutsideSaying =
  /** `fraction` from 0 to 1. It never goes back. */
  | { type: 'progress'; fraction: number | null; message: string | null }
  /** A text, a file that was uploaded for it, or both; a file alone is told of in a text of ours. */
  | { type: 'result'; text: string | null; fileId: string | null }
  | { type: 'failure'; message: string; retryable: boolean }

export type ReceivedMessage = {
  id: string
  outsideTaskId: string
  /** Whose secret signed it; null: the server's own, which may speak of every outside task. */
  processorId: string | null
  saying: OutsideSaying
}

export type OutsideReceipt = { accepted: true } | { accepted: false; reason: 'ended' | 'stageLocked' }

/** Throws AppError 'notFound' for an outside task that is not there, or another processor's. */
export async function receiveOutside(deps: EngineDeps, message: ReceivedMessage): Promise<OutsideReceipt> {
  const { outsideTaskId } = message
  const seen = await deps.database.outsideTask(outsideTaskId)
  const isTheirs = message.processorId === null || seen?.processorId === message.processorId
  if (seen === null || !isTheirs) throw notFound('outside task', outsideTaskId)
  return deps.change(async (change) => {
    const { tx } = change
    const project = await change.holdProject(seen.projectId)
    const outside = project && (await tx.outsideTask(outsideTaskId))
    if (outside === null) throw notFound('outside task', outsideTaskId)
    const before = await tx.outsideMessage(outsideTaskId, message.id)
    if (before !== null) return receiptOf(before.reason)
    const receipt = await follow(deps, change, { outside, project: project!, saying: message.saying })
    const reason = receipt.accepted ? null : receipt.reason
    await tx.insertOutsideMessage({ outsideTaskId, messageId: message.id, accepted: receipt.accepted, reason })
    return receipt
  })
}

function receiptOf(reason: string | null): OutsideReceipt {
  return reason === null ? { accepted: true } : { accepted: false, reason: reason === 'stageLocked' ? reason : 'ended' }
}

type Said<Saying> = { outside: OutsideTaskRecord; project: ProjectRecord; saying: Saying }

async function follow(deps: EngineDeps, change: Change, said: Said<OutsideSaying>): Promise<OutsideReceipt> {
  const { outside, saying } = said
  const task = await change.tx.task(outside.taskId)
  const isOpen = outside.status === 'open' && task?.outside?.id === outside.id
  if (!isOpen) return { accepted: false, reason: 'ended' }
  switch (saying.type) {
    case 'progress':
      await showProgress(change, task, saying)
      return { accepted: true }
    case 'failure':
      await failOutside(change, { task, outside, failure: failureOf(saying) })
      return { accepted: true }
    case 'result':
      return takeResult(deps, change, { ...said, saying, task })
  }
}

/** It is shown to who follows the project; lists need not hear of every step. */
async function showProgress(change: Change, task: TaskRecord, saying: Extract<OutsideSaying, { type: 'progress' }>) {
  const before = task.outside!
  const fraction = saying.fraction === null ? before.fraction : Math.max(before.fraction ?? 0, saying.fraction)
  const message = saying.message === null ? before.message : cleanText(saying.message)
  await change.tx.updateTask(task.id, {}, { outside: { id: before.id, fraction, message } })
}

function failureOf({ message, retryable }: Extract<OutsideSaying, { type: 'failure' }>): Failure {
  const problem = cleanText(message)
  return {
    code: 'processor.failed',
    message: `The outside processor could not do this stage: ${problem}`,
    params: { problem, retryable },
  }
}

type Failing = { task: TaskRecord; outside: OutsideTaskRecord; failure: Failure }

/** Ends a task whose outside task has failed, by the processor's word or because it can't be reached. */
export async function failOutside(change: Change, { task, outside, failure }: Failing): Promise<void> {
  await settleOutside(change.tx, outside, { status: 'failed', failure })
  await endTask(change, { ...task, outside: null }, { status: 'failed', failure }, null)
}

type Result = Said<Extract<OutsideSaying, { type: 'result' }>> & { task: TaskRecord }

async function takeResult(deps: EngineDeps, change: Change, result: Result): Promise<OutsideReceipt> {
  const { tx } = change
  const { outside, project, task } = result
  const stage = (await tx.stages(project.id)).find((candidate) => candidate.key === outside.stageKey)
  if (stage?.locked) {
    const message = `Stage ${outside.stageKey} was locked before its result came.`
    const failure: Failure = { code: 'stage.locked', message, params: { stage: outside.stageKey } }
    await failOutside(change, { task, outside, failure })
    return { accepted: false, reason: 'stageLocked' }
  }
  const failure = await storeResult(deps, change, { ...result, file: await findFile(tx, result) })
  await tx.endOutsideTask(outside.id, 'done')
  await tx.dropDeliveries({ outsideTaskId: outside.id })
  const done = { ...task, outside: null }
  const isLast = task.stages.at(-1) === outside.stageKey
  const end: TaskEnd | null = failure !== null ? { status: 'failed', failure } : isLast ? { status: 'completed' } : null
  if (end === null) await goOn(change, done, { project, stageKey: outside.stageKey })
  else await endTask(change, done, end, null)
  return { accepted: true }
}

/** The file of the result, which whoever made the task must own and no project have. Throws AppError. */
async function findFile(tx: Tx, { saying: { text, fileId }, task, project }: Result): Promise<FileRecord | null> {
  if (fileId === null) {
    if (text === null) throw invalid('text', 'a result needs a text or a file')
    return null
  }
  const file = await tx.file(fileId)
  const isTheirs = file?.createdBy === task.createdBy && file.workspaceId === project.workspaceId
  if (!isTheirs || file.storedAt === null || file.projectId !== null) throw notFound('file', fileId)
  return file
}

function invalid(field: string, problem: string): AppError {
  return new AppError('input.invalid', `${field}: ${problem}.`, { params: { field, problem } })
}

/** What a stage's text says of a file, where it is all there is. */
function noteOf({ id, name, bytes }: FileRecord): string {
  return `${JSON.stringify({ file: { id, name, bytes } }, null, 2)}\n`
}

/** The text is judged as if it had been written here, and kept in any case. Gives what is wrong with it. */
async function storeResult(
  deps: EngineDeps,
  { tx }: Change,
  result: Result & { file: FileRecord | null },
): Promise<Failure | null> {
  const { outside, project, task, file } = result
  const { stageKey, attempt, kind, inputRewriteId, baseRewriteId, instruction } = outside
  const definition = requireStage(requirePipeline(deps.pipelines, project.pipeline), stageKey)
  const part = task.part === null ? null : await readPart(tx, { id: baseRewriteId! }, task.part, definition)
  const continued = kind === 'continued' ? keptOf((await tx.storedText(baseRewriteId!)) ?? '', definition) : ''
  const before = part?.before ?? continued
  const said = result.saying.text ?? noteOf(file!)
  const text = before + cleanText(said) + (part?.after ?? '')
  const check = definition.check(text, project.input)
  const failure = check.ok ? null : check.failure
  const rewriteId = deps.crypto.newId()
  await storeClosed(tx, deps.crypto, {
    task,
    project,
    stageKey,
    rewriteId,
    attempt,
    text,
    ending: check.ok ? 'complete' : 'interrupted',
    summary: check.ok ? check.summary : null,
    score: check.score ?? null,
    failure,
    usage: { promptTokens: 0, completionTokens: 0 },
    origin: { kind, inputRewriteId, baseRewriteId, instruction },
    copiedLength: before.length,
  })
  const { id, workspaceId } = project
  if (file !== null && !(await tx.attachFile(file.id, { id, workspaceId, rewriteId }))) throw notFound('file', file.id)
  return failure
}

/** The next stage is a worker's to begin, or waits for its review. */
async function goOn(
  change: Change,
  task: TaskRecord,
  { project, stageKey }: { project: ProjectRecord; stageKey: string },
): Promise<void> {
  const { tx } = change
  const nextKey = task.stages[task.stages.indexOf(stageKey) + 1]!
  const eventSeq = await change.touchWorkspace(task.workspaceId)
  const fresh = { outside: null, currentStage: null, crashes: 0, furthestLength: 0, eventSeq }
  if (!task.reviewEach) {
    await tx.updateTask(task.id, {}, { status: 'queued', ...fresh })
    await tx.sendJob({ taskId: task.id, projectId: project.id })
    return
  }
  const waited = { waitedMs: waitedUntil(task, project.updatedAt), waitingSince: 'now' as const }
  await tx.updateTask(task.id, {}, { ...waited, ...fresh })
  await tx.updateStage(project.id, nextKey, { status: 'waiting' })
  await announce(tx, task, { event: 'task.waiting', waitingFor: 'review' })
}
