/**
 * Taking a task in hand. A job is only a hint: this transaction decides, by the task's row, whether anything is to be
 * done, and moves the fence (the attempt) before anything is written.
 */
import { AppError } from '../errors.ts'
import { copiedLengthOf } from '../feed/spans.ts'
import type { Tx } from '../ports/database.ts'
import type { Job } from '../ports/queue.ts'
import type { ProjectRecord, TaskRecord } from '../records.ts'
import { beginStage, openOf, type StageRun, type Standing } from './beginStage.ts'
import type { Change } from './change.ts'
import { closeStage } from './closeStage.ts'
import { decideClaim, waitedUntil, type ClaimLook } from './decideClaim.ts'
import type { EngineDeps } from './deps.ts'
import { addUsage, endTask, failureOf, type TaskEnd } from './endTask.ts'
import { estimateTokens } from './estimateTokens.ts'
import { handOut, processorFor } from './handOut.ts'
import { requirePipeline } from './pipelineParts.ts'
import { leftOf } from './stagesLeft.ts'

export type ClaimResult =
  | { type: 'claimed'; run: StageRun; timeLeftMs: number }
  /** Nothing to do now: it has ended, waits for its place, or was ended by this claim. */
  | { type: 'nothing' }

/** `isAgain`: this worker has claimed by this job before, and may not have been told that it was done. */
export async function claimTask(deps: EngineDeps, job: Job, { isAgain = false } = {}): Promise<ClaimResult> {
  return deps.change(async (change) => {
    const project = await change.holdProjectAndWorkspace(job.projectId)
    const found = project && (await readLook(change, job, project))
    if (found === null) return { type: 'nothing' }
    const look = { ...found, isOwnAgain: isAgain ? found.task.workerId === deps.workerId : null }
    const decision = decideClaim(look, deps.settings)
    switch (decision.type) {
      case 'leave':
        return { type: 'nothing' }
      case 'end':
        await endClaimed(deps, change, look.task, decision.end)
        return { type: 'nothing' }
      case 'run': {
        const task = await takeTask(deps, change, { job, look, crashes: decision.crashes })
        return beginOrEnd(deps, change, { task, look, job, timeLeftMs: decision.timeLeftMs })
      }
    }
  })
}

type Held = { project: ProjectRecord; eventSeq: number; standing: Standing; left: string[] }
type FoundLook = Omit<ClaimLook, 'isOwnAgain'> & Held
type HeldLook = ClaimLook & Held

async function readLook(change: Change, job: Job, project: ProjectRecord): Promise<FoundLook | null> {
  const { tx } = change
  // Held since before the look, so that two claims of one user in two projects can't both take the last place.
  const eventSeq = await change.touchWorkspace(project.workspaceId)
  const standing = await tx.projectStanding(project.id)
  const found = standing?.tasks.find((candidate) => candidate.id === job.taskId)
  if (standing === null || found === undefined) return null
  const { stageRuns, ...task } = found
  return {
    task,
    project,
    eventSeq,
    isProjectRemoved: project.removedAt !== null,
    isHeldElsewhere: await isHeldElsewhere(tx, task, job),
    standing,
    left: leftOf(task, stageRuns),
    others: standing.tasks.filter((candidate) => candidate.id !== job.taskId),
    runningOfUser: standing.runningByUser[task.createdBy] ?? 0,
    open: task.status === 'running' ? openOf(standing) : null,
    now: project.updatedAt,
  }
}

async function isHeldElsewhere(tx: Tx, { workerId, jobId }: TaskRecord, job: Job): Promise<boolean> {
  const state = workerId === null || jobId === null ? null : await tx.jobState(jobId)
  if (state === null) return false
  const isOurs = jobId === job.id && state.isHeld && state.retryCount === job.retryCount
  return !isOurs
}

type Taking = { job: Job; look: HeldLook; crashes: number }

async function takeTask(deps: EngineDeps, change: Change, { job, look, crashes }: Taking): Promise<TaskRecord> {
  const { task, open, now, eventSeq } = look
  const [currentStage] = look.left
  if (currentStage === undefined) throw new Error(`Task ${task.id} has no stage left to run.`)
  const claim = {
    status: 'running' as const,
    attempt: task.attempt + 1,
    workerId: deps.workerId,
    jobId: job.id,
    crashes,
    furthestLength: Math.max(task.furthestLength, open?.length ?? 0),
  }
  const firstClaimedAt = task.firstClaimedAt ?? now
  const startedAt = task.startedAt ?? now
  const waiting = { waitedMs: waitedUntil(task, now), waitingSince: null }
  const patch = { ...claim, ...waiting, currentStage, firstClaimedAt, startedAt, eventSeq }
  await change.tx.updateHeldTask(task.id, patch)
  if (task.status === 'running') await change.tx.endAttempt(task.id, task.attempt, 'superseded')
  // Hints that came meanwhile have been followed; another worker would only find the task at work.
  else await change.tx.removeJobs(task.id)
  await change.tx.insertAttempt({ taskId: task.id, attempt: claim.attempt, workerId: deps.workerId })
  return { ...task, ...patch }
}

async function beginOrEnd(
  deps: EngineDeps,
  change: Change,
  { task, look, job, timeLeftMs }: { task: TaskRecord; look: HeldLook; job: Job; timeLeftMs: number },
): Promise<ClaimResult> {
  try {
    const { project, standing } = look
    const pipeline = requirePipeline(deps.pipelines, project.pipeline)
    const beginning = { task, project, pipeline, standing, stageKey: task.currentStage! }
    const processor = processorFor(standing, task.id, beginning.stageKey)
    if (processor !== null) {
      await handOut(deps, change, { beginning, processor, job })
      return { type: 'nothing' }
    }
    const run = await beginStage(deps, change.tx, beginning)
    return { type: 'claimed', run, timeLeftMs }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    await endOwn(deps, change, task, { status: 'failed', failure: failureOf(error) })
    return { type: 'nothing' }
  }
}

type EarlyEnd = Exclude<TaskEnd, { status: 'completed' }>

/** Ends a task that no worker ends: it has none yet, or its worker is gone. Its project's row is held. */
export async function endClaimed(deps: EngineDeps, change: Change, task: TaskRecord, end: EarlyEnd): Promise<void> {
  if (task.status !== 'running') {
    await endTask(change, task, end, null)
    return
  }
  // The next attempt is ours: the former worker's late writes change nothing from here on.
  const attempt = task.attempt + 1
  await change.tx.endAttempt(task.id, task.attempt, 'superseded')
  await change.tx.insertAttempt({ taskId: task.id, attempt, workerId: deps.workerId })
  await change.tx.updateTask(task.id, { attempt: task.attempt }, { attempt })
  await endOwn(deps, change, { ...task, attempt }, end)
}

/** Ends a task whose attempt is ours, with the text that had become durable. */
async function endOwn(deps: EngineDeps, change: Change, task: TaskRecord, end: EarlyEnd): Promise<void> {
  const { tx } = change
  const open = await tx.openRewriteOf(task.projectId)
  if (open === null || open.taskId !== task.id) {
    await endTask(change, task, end, null)
    return
  }
  await tx.takeOverRewrite(open.id, { attempt: task.attempt, keepUpTo: open.length })
  const text = (await tx.storedText(open.id)) ?? ''
  // What the call really used is known to nobody any more.
  const written = text.slice(copiedLengthOf(open.spans, open.length))
  const usage = { promptTokens: 0, completionTokens: estimateTokens(written), estimated: written !== '' }
  await closeStage(tx, deps.crypto, {
    task,
    stageKey: open.stageKey,
    rewriteId: open.id,
    attempt: task.attempt,
    text,
    ending: end.status === 'cancelled' ? 'stopped' : 'interrupted',
    summary: null,
    score: null,
    failure: end.status === 'failed' ? end.failure : null,
    usage: { promptTokens: usage.promptTokens, completionTokens: usage.completionTokens },
  })
  await endTask(change, addUsage(task, usage), end, null)
}
