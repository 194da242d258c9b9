import type { Failure } from '../errors.ts'
import type { Tx } from '../ports.ts'
import type { WebhookEvent } from '../outsideRecords.ts'
import type { TaskRecord } from '../records.ts'

const hour = 3_600_000
/** A service that was away over a night still hears of its tasks. */
export const webhookGiveUpMs = 26 * hour

/** Tells the workspace's webhooks of a task, in the transaction that makes it true. */
export async function announce(
  tx: Tx,
  { id, workspaceId, projectId, stages, retryOf }: TaskRecord,
  { event, ...more }: { event: WebhookEvent; failure?: Failure | null; waitingFor?: 'review' | 'processor' },
): Promise<void> {
  const facts = { taskId: id, projectId, stages, status: event.slice('task.'.length), retryOf, ...more }
  await tx.insertWebhookDeliveries({
    workspaceId,
    event,
    payload: JSON.stringify(facts),
    giveUpAfterMs: webhookGiveUpMs,
  })
}
