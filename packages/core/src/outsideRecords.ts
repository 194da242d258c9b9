/** The rows of processors, their tasks, webhooks and the messages from and to them. Times are the database's clock. */

/** A stage of a pipeline that is done outside, while it is active. */
export type ProcessorRecord = {
  id: string
  pipeline: string
  stage: string
  url: string
  /** Sealed for this row; shown once, when it was made. */
  secretEncrypted: string
  active: boolean
  timeLimitMs: number
  createdAt: Date
  /** Removed ones stay: what was sent to them may still be answered. */
  removedAt: Date | null
}

export type OutsideTaskStatus = 'open' | 'done' | 'failed' | 'cancelled'

/** One stage's run, handed to a processor. What its rewrite will be made from is settled when it is handed out. */
export type OutsideTaskRecord = {
  id: string
  taskId: string
  projectId: string
  stageKey: string
  attempt: number
  processorId: string
  kind: 'generated' | 'continued'
  inputRewriteId: string | null
  baseRewriteId: string | null
  instruction: string | null
  status: OutsideTaskStatus
  deadlineAt: Date
  createdAt: Date
  endedAt: Date | null
}

/** A processor's message that was looked at, and what it was answered. */
export type OutsideMessageRecord = {
  outsideTaskId: string
  messageId: string
  accepted: boolean
  reason: string | null
}

export const webhookEvents = ['task.completed', 'task.failed', 'task.cancelled', 'task.waiting'] as const
export type WebhookEvent = (typeof webhookEvents)[number]

/** Where a service wants to be told of tasks. */
export type WebhookRecord = {
  id: string
  workspaceId: string
  createdBy: string
  url: string
  events: WebhookEvent[]
  secretEncrypted: string
  active: boolean
  /** Why it was switched off: the endpoint said that it is gone, or has failed for days. */
  problem: 'gone' | 'failing' | null
  /** Since when no message has come through; null after one that has. */
  failingSince: Date | null
  createdAt: Date
  removedAt: Date | null
}

/** One try to bring a message. `status` of HTTP; null when there was no answer. `body` is its beginning. */
export type DeliveryTry = { at: string; status: number | null; problem: string | null; body: string | null }

/** `dropped`: not wanted any more before it came through. */
export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | 'dropped'

/** A message to the outside, kept until it is there or given up. Its id is the message's for every try. */
export type DeliveryRecord = {
  id: string
  kind: 'job' | 'cancel' | 'webhook'
  processorId: string | null
  outsideTaskId: string | null
  webhookId: string | null
  event: string
  /** The message's facts as JSON; of a job that has ended nothing is kept. */
  payload: string
  status: DeliveryStatus
  tries: DeliveryTry[]
  /** Not before; while it is being sent, when another may send it. */
  dueAt: Date
  giveUpAt: Date
  createdAt: Date
  endedAt: Date | null
}
