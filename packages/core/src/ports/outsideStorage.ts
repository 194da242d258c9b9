import type {
  DeliveryRecord,
  DeliveryTry,
  OutsideMessageRecord,
  OutsideTaskRecord,
  OutsideTaskStatus,
  ProcessorRecord,
  WebhookEvent,
  WebhookRecord,
} from '../outsideRecords.ts'
import type { Ending } from '../records.ts'
import type { Paging, Stamped } from './patches.ts'

/** What a transaction does with processors' tasks, their messages, and those on their way to the outside. */
export interface OutsideTx {
  outsideTask(id: string): Promise<OutsideTaskRecord | null>
  /** Adds an open one. A second open one of the task throws UniqueViolation. */
  insertOutsideTask(
    outside: Omit<OutsideTaskRecord, 'status' | 'deadlineAt' | 'createdAt' | 'endedAt'> & { timeLimitMs: number },
  ): Promise<void>
  endOutsideTask(id: string, status: Exclude<OutsideTaskStatus, 'open'>): Promise<void>
  /** What a message was answered before; null when it is new. */
  outsideMessage(outsideTaskId: string, messageId: string): Promise<OutsideMessageRecord | null>
  /** A repeat throws UniqueViolation. */
  insertOutsideMessage(message: OutsideMessageRecord): Promise<void>

  /** A message to a processor, to be sent once this transaction has committed. */
  insertDelivery(delivery: NewDelivery): Promise<void>
  /** The same for every active webhook of the workspace that wants the event. */
  insertWebhookDeliveries(news: WebhookNews): Promise<void>
  /** Gives up what was not yet brought of an outside task's or a webhook's messages. */
  dropDeliveries(of: { outsideTaskId: string } | { webhookId: string }): Promise<void>
  /** Of a delivery that is no longer pending nothing is changed: false. */
  recordTry(deliveryId: string, entry: DeliveryTry, next: DeliveryNext): Promise<boolean>
  updateWebhook(webhookId: string, patch: WebhookPatch): Promise<void>
}

export type ActiveProcessor = Pick<ProcessorRecord, 'id' | 'stage' | 'timeLimitMs'>

/** Whose text a closed rewrite is that a task made without writing it. `copiedLength` as in `Tx.insertOpenRewrite`. */
export type MadeOutside = { taskId: string; attempt: number; ending: Ending; copiedLength: number }

export type NewDelivery = Pick<DeliveryRecord, 'kind' | 'event' | 'payload'> & {
  processorId: string
  outsideTaskId: string
  giveUpAfterMs: number
}
export type WebhookNews = { workspaceId: string; event: WebhookEvent; payload: string; giveUpAfterMs: number }
export type DeliveryNext = { status: 'pending'; delayMs: number } | { status: 'delivered' | 'failed' | 'dropped' }
export type WebhookPatch = Stamped<Pick<WebhookRecord, 'active' | 'problem' | 'failingSince' | 'removedAt'>>
export type ProcessorPatch = Stamped<Pick<ProcessorRecord, 'url' | 'active' | 'timeLimitMs' | 'removedAt'>>

/** A message whose time has come, with where it goes. */
export type DueDelivery = DeliveryRecord & {
  url: string
  secretEncrypted: string
  /** Of the outside task; null for a webhook. */
  projectId: string | null
  /** Of the webhook: for how long no message has come through; 0 when the last one has. Milliseconds. */
  failingForMs: number
}

/** `nextDueInMs`: the first of those that were not due yet; null when there is none. */
export type TakenDeliveries = { deliveries: DueDelivery[]; nextDueInMs: number | null }

/** Processors, webhooks and the log of their messages. */
export interface OutsideStorage {
  /** Removed ones are not among them; in order of pipeline and stage. */
  listProcessors(): Promise<ProcessorRecord[]>
  /** Removed ones too. */
  processor(id: string): Promise<ProcessorRecord | null>
  /** A second active one of a stage throws UniqueViolation; so does `updateProcessor`. */
  insertProcessor(processor: Omit<ProcessorRecord, 'createdAt' | 'removedAt'>): Promise<void>
  /** False when there is none. 'now' in times. */
  updateProcessor(id: string, patch: ProcessorPatch): Promise<boolean>
  outsideTask(id: string): Promise<OutsideTaskRecord | null>

  /** Removed ones are not among them; oldest first. */
  listWebhooks(workspaceIds: readonly string[]): Promise<WebhookRecord[]>
  webhook(id: string): Promise<WebhookRecord | null>
  insertWebhook(
    webhook: Pick<WebhookRecord, 'id' | 'workspaceId' | 'createdBy' | 'url' | 'events' | 'secretEncrypted'>,
  ): Promise<void>
  /** Newest first. */
  listDeliveries(webhookId: string, paging: Paging): Promise<{ total: number; deliveries: DeliveryRecord[] }>
  /** Takes messages that are due, oldest first: for `leaseMs` nobody else is given them, then they are due again. */
  takeDueDeliveries(taking: { limit: number; leaseMs: number }): Promise<TakenDeliveries>
  /** Calls `listener` when a transaction of this process has added messages. Returns the way to stop. */
  onDeliveries(listener: () => void): () => void
  /** Removes ended deliveries and received messages older than `ageMs`. */
  forgetDeliveries(ageMs: number): Promise<void>
}
