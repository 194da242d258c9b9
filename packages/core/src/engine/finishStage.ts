import { AppError, type Failure } from '../errors.ts'
import type { Job } from '../ports/queue.ts'
import type { Tx } from '../ports.ts'
import type { Ending, ProjectRecord, TaskRecord } from '../records.ts'
import { announce } from './announce.ts'
import { beginStage, type StageRun } from './beginStage.ts'
import type { EndedCall } from './callModel.ts'
import type { Change } from './change.ts'
import { closeStage, type ClosedFact } from './closeStage.ts'
import type { EngineDeps } from './deps.ts'
import { addUsage, endTask, failureOf, usageOf, wakeWaiting, type TaskEnd } from './endTask.ts'
import { fingerprintOf } from './fingerprint.ts'
import { handOut, processorFor } from './handOut.ts'
import { requirePipeline } from './pipelineParts.ts'

/** How a stage's run went, with the text that is durable. */
export type StageResult = {
  text: string
  ending: Ending
  summary: string | null
  /** What a stage that judges gave, 0 to 100. */
  score: number | null
  failure: Failure | null
  usage: { promptTokens: number; completionTokens: number; estimated: boolean }
  /** What came of the model's calls; stored with the end of the stage. */
  calls: readonly EndedCall[]
  /** The one all of them went to; null when there was none, or several. */
  model: string | null
}

export type Finished =
  | { type: 'ended'; closed: ClosedFact }
  | { type: 'next'; closed: ClosedFact; run: StageRun }
  /** The text or the task belongs to another attempt: nothing was written. */
  | { type: 'fenced' }

class Fenced extends Error {}

/**
 * One transaction: closes the stage's text, then ends the task, makes it wait for a review, or begins its next stage.
 * It is done in a removed project too: what runs there must end.
 */
export async function finishStage(deps: EngineDeps, run: StageRun, result: StageResult, job: Job): Promise<Finished> {
  try {
    return await deps.change(async (change) => {
      const project = await change.holdProjectAndWorkspace(run.project.id)
      if (project === null) throw new Fenced()
      const closed = await closeResult(deps, change.tx, run, result)
      for (const { callId, ending } of result.calls) await change.tx.endCall(callId, ending)
      const task = addUsage(run.task, result.usage)
      const end = endOf(run, result) ?? (await findWishToStop(change.tx, task))
      if (end === null) {
        const next = await goOn(deps, change, { task, project, stageKey: run.stageKey, job })
        return next === null ? { type: 'ended', closed } : { type: 'next', closed, run: next }
      }
      if (!(await endTask(change, task, end, job))) throw new Fenced()
      return { type: 'ended', closed }
    })
  } catch (error) {
    if (error instanceof Fenced) return { type: 'fenced' }
    throw error
  }
}

async function closeResult(deps: EngineDeps, tx: Tx, run: StageRun, result: StageResult): Promise<ClosedFact> {
  const { promptTokens, completionTokens } = result.usage
  const closed = await closeStage(tx, deps.crypto, {
    task: run.task,
    stageKey: run.stageKey,
    rewriteId: run.rewrite.id,
    attempt: run.task.attempt,
    text: result.text,
    ending: result.ending,
    summary: result.summary,
    score: result.score,
    failure: result.failure,
    usage: { promptTokens, completionTokens },
    fingerprint: fingerprintOfRun(deps, run, result),
  })
  if (closed === null) throw new Fenced()
  return closed
}

/** Only a whole text that was made at one go, by one model, is the same again. */
function fingerprintOfRun({ crypto, pipelines }: EngineDeps, run: StageRun, result: StageResult): string | null {
  const { kind, spans } = run.rewrite
  const isPlain = kind === 'generated' && run.part === null && spans.length === 1
  if (!isPlain || result.ending !== 'complete' || result.failure !== null || result.model === null) return null
  return fingerprintOf(crypto, requirePipeline(pipelines, run.project.pipeline), { ...run, model: result.model })
}

/** A stop that was asked for when the stage had no more text to stop: it must not be lost in a review or a next stage. */
async function findWishToStop(tx: Tx, { id }: TaskRecord): Promise<TaskEnd | null> {
  const isAsked = (await tx.task(id))?.cancelRequestedAt != null
  return isAsked ? { status: 'cancelled' } : null
}

type Going = { task: TaskRecord; project: ProjectRecord; stageKey: string; job: Job }

/** Begins the stage after `stageKey`. Null when the task waits now (for a review or a processor), or ended because that stage can't begin. */
async function goOn(
  deps: EngineDeps,
  change: Change,
  { task, project, stageKey, job }: Going,
): Promise<StageRun | null> {
  const { tx } = change
  const nextKey = task.stages[task.stages.indexOf(stageKey) + 1]!
  const going = task.reviewEach
    ? { status: 'waiting' as const, waitingSince: 'now' as const, workerId: null, currentStage: null }
    : { currentStage: nextKey }
  const eventSeq = await change.touchWorkspace(task.workspaceId)
  // A stage has ended: whatever crashes came before it no longer count.
  const fresh = { crashes: 0, furthestLength: 0, eventSeq }
  const patch = { ...usageOf(task), ...going, ...fresh }
  if (!(await tx.updateTask(task.id, { attempt: task.attempt, statuses: ['running'] }, patch))) throw new Fenced()
  if (task.reviewEach) {
    await waitForReview(tx, task, nextKey, job)
    return null
  }
  try {
    const next = { ...task, ...fresh, currentStage: nextKey }
    const pipeline = requirePipeline(deps.pipelines, project.pipeline)
    const standing = await tx.projectStanding(project.id)
    if (standing === null) throw new Fenced()
    const beginning = { task: next, project, pipeline, standing, stageKey: nextKey }
    const processor = processorFor(standing, task.id, nextKey)
    if (processor === null) return await beginStage(deps, tx, beginning)
    await handOut(deps, change, { beginning, processor, job })
    return null
  } catch (error) {
    // Such as a stage that was locked meanwhile. Nothing of it has been written.
    if (!(error instanceof AppError)) throw error
    if (!(await endTask(change, task, { status: 'failed', failure: failureOf(error) }, job))) throw new Fenced()
    return null
  }
}

function endOf(run: StageRun, result: StageResult): TaskEnd | null {
  if (result.failure !== null) return { status: 'failed', failure: result.failure }
  if (result.ending === 'stopped') return { status: 'cancelled' }
  return run.task.stages.at(-1) === run.stageKey ? { status: 'completed' } : null
}

/** Waiting occupies nothing: the job is done with, and the next task may have the place. */
async function waitForReview(tx: Tx, task: TaskRecord, nextKey: string, job: Job): Promise<void> {
  await tx.endAttempt(task.id, task.attempt, 'waiting')
  await tx.updateStage(task.projectId, nextKey, { status: 'waiting' })
  await tx.completeJob(job)
  await wakeWaiting(tx, task)
  await announce(tx, task, { event: 'task.waiting', waitingFor: 'review' })
}
