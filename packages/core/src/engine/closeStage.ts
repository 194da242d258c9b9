import type { Failure } from '../errors.ts'
import type { Crypto, Tx } from '../ports.ts'
import type { Ending, ProjectRecord, StageRecord, TaskRecord } from '../records.ts'
import type { Origin } from './beginStage.ts'

/** What a stage's run came to, and the text it leaves behind. */
export type StageClosing = {
  task: TaskRecord
  stageKey: string
  rewriteId: string
  /** The attempt that owns the rewrite's row, and the whole text as it is stored. */
  attempt: number
  text: string
  ending: Ending
  summary: string | null
  score: number | null
  failure: Failure | null
  usage: { promptTokens: number; completionTokens: number }
  fingerprint?: string | null
}

export type ClosingOutside = StageClosing & { project: ProjectRecord; origin: Origin; copiedLength: number }

export type ClosedFact = { length: number; sha256: string; ending: Ending }

/**
 * Closes the rewrite of a stage's run and says so in the stage and in the task's record of it. Null when the fence
 * refuses: another attempt owns the text, and the caller must not go on.
 */
export async function closeStage(tx: Tx, crypto: Crypto, closing: StageClosing): Promise<ClosedFact | null> {
  const { task, stageKey, rewriteId, text, ending, fingerprint = null } = closing
  const sha256 = crypto.sha256(text)
  const fence = { attempt: closing.attempt, length: text.length }
  const stored = { ending, text, sha256, summary: closing.summary, fingerprint, ...closing.usage }
  if (!(await tx.closeRewrite(rewriteId, fence, stored))) return null
  const isDone = isDoneBy(closing)
  await tx.updateStage(task.projectId, stageKey, {
    status: isDone ? 'done' : closing.failure === null ? 'stopped' : 'failed',
    failure: closing.failure,
    ...((await becomesCurrent(tx, closing)) ? { currentRewriteId: rewriteId } : {}),
  })
  await endStageRun(tx, closing)
  return { length: text.length, sha256, ending }
}

/** A text that came whole from outside: it is stored as closed, under the next number. */
export async function storeClosed(tx: Tx, crypto: Crypto, closing: ClosingOutside): Promise<void> {
  const { task, project, stageKey, rewriteId, text, ending, summary, origin, copiedLength } = closing
  const no = project.lastRewriteNo + 1
  await tx.insertClosedRewrite({
    id: rewriteId,
    projectId: project.id,
    stageKey,
    no,
    ...origin,
    createdBy: task.createdBy,
    summary,
    text,
    sha256: crypto.sha256(text),
    made: { taskId: task.id, attempt: closing.attempt, ending, copiedLength },
  })
  await tx.updateProject(project.id, { lastRewriteNo: no })
  const stage = (await tx.stages(project.id)).find((candidate) => candidate.key === stageKey)
  // Another task may be writing the stage meanwhile: what is shown of that is not ours to change.
  const shown =
    stage?.status === 'running'
      ? {}
      : {
          status: isDoneBy(closing) ? ('done' as const) : ('failed' as const),
          failure: closing.failure,
          lastRewriteId: rewriteId,
        }
  const current = (await becomesCurrent(tx, closing)) ? { currentRewriteId: rewriteId } : {}
  await tx.updateStage(project.id, stageKey, { ...shown, ...current })
  await tx.updateTaskStage(task.id, stageKey, { rewriteId })
  await endStageRun(tx, closing)
}

function isDoneBy({ ending, failure }: StageClosing): boolean {
  return ending === 'complete' && failure === null
}

/** Says in the task's own record of the stage what came of it. */
async function endStageRun(tx: Tx, closing: StageClosing): Promise<void> {
  const { task, stageKey, summary, score, failure } = closing
  await tx.updateTaskStage(task.id, stageKey, {
    status: isDoneBy(closing) ? 'done' : failure === null ? 'stopped' : 'failed',
    ...closing.usage,
    summary,
    score,
    failure,
    endedAt: 'now',
  })
}

/** A text that is not whole becomes current only where the stage has no whole one; an empty one never does. */
async function becomesCurrent(tx: Tx, closing: StageClosing): Promise<boolean> {
  if (closing.ending === 'complete' && closing.failure === null) return true
  if (closing.text.length === 0) return false
  const stage = (await tx.stages(closing.task.projectId)).find((candidate) => candidate.key === closing.stageKey)
  const current = await currentOf(tx, stage)
  return current === null || current.ending !== 'complete'
}

async function currentOf(tx: Tx, stage: StageRecord | undefined) {
  return stage?.currentRewriteId == null ? null : tx.rewrite(stage.currentRewriteId)
}
