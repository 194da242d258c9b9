import type { DeliveryRecord, ProcessorRecord, WebhookRecord } from '@stagewright/core'

export function viewProcessor({ id, pipeline, stage, url, active, timeLimitMs, createdAt }: ProcessorRecord) {
  return { id, pipeline, stage, url, active, timeLimitMs, createdAt: createdAt.toISOString() }
}

export function viewWebhook({ id, url, events, active, problem, failingSince, createdAt }: WebhookRecord) {
  return {
    id,
    url,
    events,
    active,
    /** Why it was switched off; null otherwise. */
    problem,
    failingSince: failingSince?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  }
}

/** `id` is the message's, as the receiver was told it at every try. */
export function viewDelivery({ id, event, payload, status, tries, dueAt, createdAt, endedAt }: DeliveryRecord) {
  return {
    id,
    event,
    data: JSON.parse(payload) as Record<string, unknown>,
    status,
    tries,
    nextTryAt: status === 'pending' ? dueAt.toISOString() : null,
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  }
}
