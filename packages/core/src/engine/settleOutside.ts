import type { Failure } from '../errors.ts'
import type { Tx } from '../ports.ts'
import type { OutsideTaskRecord } from '../outsideRecords.ts'
import type { TaskRecord } from '../records.ts'

type Settling = { status: 'failed'; failure: Failure } | { status: 'cancelled' }

/**
 * Ends a task's outside task without a text: its row, the stage's run, and the messages that are still on their way. The
 * project's row is held. What the stage shows of a cancelled one is for `endTask` to say.
 */
export async function settleOutside(tx: Tx, outside: OutsideTaskRecord, settling: Settling): Promise<void> {
  const { id, taskId, projectId, stageKey } = outside
  await tx.endOutsideTask(id, settling.status)
  await tx.dropDeliveries({ outsideTaskId: id })
  const failure = settling.status === 'failed' ? settling.failure : null
  const status = failure === null ? 'stopped' : 'failed'
  await tx.updateTaskStage(taskId, stageKey, { status, failure, endedAt: 'now' })
  if (failure === null) return
  const stage = (await tx.stages(projectId)).find((candidate) => candidate.key === stageKey)
  if (stage?.status === 'waiting') await tx.updateStage(projectId, stageKey, { status: 'failed', failure })
}

/** The same for a task that somebody else than its processor ends, which is told of it. */
export async function withdrawOutside(tx: Tx, { outside: waited }: TaskRecord, settling: Settling): Promise<void> {
  const outside = waited === null ? null : await tx.outsideTask(waited.id)
  if (outside?.status !== 'open') return
  await settleOutside(tx, outside, settling)
  const { id, processorId, taskId } = outside
  const reason = settling.status === 'failed' ? settling.failure.code : 'task.cancelled'
  const payload = JSON.stringify({ outsideTaskId: id, taskId, reason })
  await tx.insertDelivery({
    kind: 'cancel',
    event: 'task.cancel',
    processorId,
    outsideTaskId: id,
    payload,
    giveUpAfterMs: cancelGiveUpMs,
  })
}

const cancelGiveUpMs = 600_000
