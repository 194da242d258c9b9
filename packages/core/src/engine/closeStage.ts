import type { Failure } from '../errors.ts'
import type { Crypto, Tx } from '../ports.ts'
import type { Ending, StageRecord, TaskRecord } from '../records.ts'

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
  failure: Failure | null
  usage: { promptTokens: number; completionTokens: number }
  fingerprint?: string | null
}

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

  const isDone = ending === 'complete' && closing.failure === null
  await tx.updateStage(task.projectId, stageKey, {
    status: isDone ? 'done' : closing.failure === null ? 'stopped' : 'failed',
    failure: closing.failure,
    ...((await becomesCurrent(tx, closing)) ? { currentRewriteId: rewriteId } : {}),
  })
  await tx.updateTaskStage(task.id, stageKey, {
    status: isDone ? 'done' : closing.failure === null ? 'stopped' : 'failed',
    ...closing.usage,
    summary: closing.summary,
    failure: closing.failure,
    endedAt: 'now',
  })
  return { length: text.length, sha256, ending }
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
