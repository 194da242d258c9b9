import { type Database, type Tx, UniqueViolation } from '../ports/database.ts'
import type { DueDelivery, TakenDeliveries } from '../ports/outsideStorage.ts'
import type { DeliveryRecord, ProcessorRecord } from '../outsideRecords.ts'
import { openOutsideTaskOf } from './outsideReads.ts'
import { insertRow, patched, type Session } from './session.ts'
import { keyOf, rowOf } from './tables.ts'

type OutsideOperations = Pick<
  Tx,
  'outsideTask' | 'insertOutsideTask' | 'endOutsideTask' | 'outsideMessage' | 'insertOutsideMessage'
>

export function outsideOperations(session: Session): OutsideOperations {
  const { tables, now } = session
  return {
    outsideTask: async (id) => tables.outsideTasks.get(id) ?? null,
    async insertOutsideTask({ timeLimitMs, ...outside }) {
      rowOf(tables.tasks, outside.taskId, 'task')
      rowOf(tables.processors, outside.processorId, 'processor')
      if (openOutsideTaskOf(tables, outside.taskId)) throw new UniqueViolation('outside_tasks_one_open_per_task')
      const times = { deadlineAt: new Date(now.getTime() + timeLimitMs), createdAt: now, endedAt: null }
      insertRow(tables.outsideTasks, outside.id, { ...outside, status: 'open', ...times }, 'outside_tasks_pkey')
    },
    async endOutsideTask(id, status) {
      tables.outsideTasks.put(id, { ...rowOf(tables.outsideTasks, id, 'outside task'), status, endedAt: now })
    },
    async outsideMessage(outsideTaskId, messageId) {
      const row = tables.outsideMessages.get(keyOf(outsideTaskId, messageId))
      return row === undefined ? null : { outsideTaskId, messageId, accepted: row.accepted, reason: row.reason }
    },
    async insertOutsideMessage(message) {
      const key = keyOf(message.outsideTaskId, message.messageId)
      rowOf(tables.outsideTasks, message.outsideTaskId, 'outside task')
      insertRow(tables.outsideMessages, key, { ...message, receivedAt: now }, 'outside_messages_pkey')
    },
  }
}

type DeliveryOperations = Pick<
  Tx,
  'insertDelivery' | 'insertWebhookDeliveries' | 'dropDeliveries' | 'recordTry' | 'updateWebhook'
>

export function deliveryOperations(session: Session): DeliveryOperations {
  const { tables, now } = session
  return {
    async insertDelivery(delivery) {
      rowOf(tables.outsideTasks, delivery.outsideTaskId, 'outside task')
      insertDelivery(session, { ...delivery, webhookId: null })
    },
    async insertWebhookDeliveries({ workspaceId, event, ...news }) {
      for (const webhook of tables.webhooks.all()) {
        if (webhook.workspaceId !== workspaceId || !webhook.active || !webhook.events.includes(event)) continue
        const target = { processorId: null, outsideTaskId: null, webhookId: webhook.id }
        insertDelivery(session, { kind: 'webhook', event, ...news, ...target })
      }
    },
    async dropDeliveries(of) {
      for (const row of tables.deliveries.all()) {
        const isMeant = 'webhookId' in of ? row.webhookId === of.webhookId : row.outsideTaskId === of.outsideTaskId
        if (isMeant && row.status === 'pending')
          tables.deliveries.put(row.id, { ...row, status: 'dropped', endedAt: now, payload: payloadOnceEnded(row) })
      }
    },
    async recordTry(deliveryId, entry, next) {
      const row = tables.deliveries.get(deliveryId)
      if (row?.status !== 'pending') return false
      const isOver = next.status !== 'pending'
      const dueAt = isOver ? row.dueAt : new Date(now.getTime() + next.delayMs)
      const tries = [...row.tries, entry]
      const payload = isOver ? payloadOnceEnded(row) : row.payload
      const endedAt = isOver ? now : null
      tables.deliveries.put(deliveryId, { ...row, tries, status: next.status, dueAt, endedAt, payload })
      return true
    },
    async updateWebhook(webhookId, patch) {
      const webhook = rowOf(tables.webhooks, webhookId, 'webhook')
      tables.webhooks.put(webhookId, patched(webhook, patch, { now, timeFields: ['failingSince', 'removedAt'] }))
    },
  }
}

/** A job carries a whole text, which stands in the project anyway. */
function payloadOnceEnded({ kind, payload }: DeliveryRecord): string {
  return kind === 'job' ? '{}' : payload
}

type Fresh = Pick<DeliveryRecord, 'kind' | 'event' | 'payload' | 'processorId' | 'outsideTaskId' | 'webhookId'>

function insertDelivery(session: Session, { giveUpAfterMs, ...fresh }: Fresh & { giveUpAfterMs: number }): void {
  const { tables, now } = session
  const times = { dueAt: now, giveUpAt: new Date(now.getTime() + giveUpAfterMs), createdAt: now, endedAt: null }
  const row = { id: session.newId(), ...fresh, status: 'pending' as const, tries: [], ...times }
  insertRow(tables.deliveries, row.id, row, 'deliveries_pkey')
  session.tellOfDeliveries()
}

/** Writes outside a transaction, each one of its own. */
export function outsideWrites(write: <T>(work: (session: Session) => T) => Promise<T>) {
  return {
    insertProcessor: (processor) =>
      write((session) => {
        putProcessor(session, { ...processor, createdAt: session.now, removedAt: null })
      }),
    updateProcessor: (id, patch) =>
      write((session) => {
        const row = session.tables.processors.get(id)
        if (row === undefined) return false
        putProcessor(session, patched(row, patch, { now: session.now, timeFields: ['removedAt'] }))
        return true
      }),
    insertWebhook: (webhook) =>
      write((session) => {
        const state = { active: true, problem: null, failingSince: null, createdAt: session.now, removedAt: null }
        insertRow(session.tables.webhooks, webhook.id, { ...webhook, ...state }, 'webhooks_pkey')
      }),
    takeDueDeliveries: (taking) => write((session) => takeDue(session, taking)),
    forgetDeliveries: (ageMs) => write((session) => forget(session, ageMs)),
  } satisfies Partial<Database>
}

function putProcessor({ tables }: Session, row: ProcessorRecord): void {
  const isTaken = tables.processors
    .all()
    .some(
      (other) => other.id !== row.id && other.active && other.pipeline === row.pipeline && other.stage === row.stage,
    )
  if (row.active && isTaken) throw new UniqueViolation('processors_one_active_per_stage')
  tables.processors.put(row.id, row)
}

function takeDue(session: Session, { limit, leaseMs }: { limit: number; leaseMs: number }): TakenDeliveries {
  const { tables, now } = session
  const pending = tables.deliveries.all().filter(({ status }) => status === 'pending')
  const inOrder = pending.toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime())
  const next = inOrder.find(({ dueAt }) => dueAt > now)
  const due = inOrder.filter(({ dueAt }) => dueAt <= now).slice(0, limit)
  const deliveries = due.map((row): DueDelivery => {
    const taken = { ...row, dueAt: new Date(now.getTime() + leaseMs) }
    tables.deliveries.put(row.id, taken)
    if (row.webhookId !== null) {
      const { url, secretEncrypted, failingSince } = rowOf(tables.webhooks, row.webhookId, 'webhook')
      const failingForMs = failingSince === null ? 0 : now.getTime() - failingSince.getTime()
      return { ...taken, url, secretEncrypted, projectId: null, failingForMs }
    }
    const { url, secretEncrypted } = rowOf(tables.processors, row.processorId!, 'processor')
    const { projectId } = rowOf(tables.outsideTasks, row.outsideTaskId!, 'outside task')
    return { ...taken, url, secretEncrypted, projectId, failingForMs: 0 }
  })
  return { deliveries, nextDueInMs: next === undefined ? null : next.dueAt.getTime() - now.getTime() }
}

function forget({ tables, now }: Session, ageMs: number): void {
  const olderThan = now.getTime() - ageMs
  for (const row of tables.deliveries.all())
    if (row.endedAt !== null && row.endedAt.getTime() < olderThan) tables.deliveries.remove(row.id)
  for (const row of tables.outsideMessages.all())
    if (row.receivedAt.getTime() < olderThan) tables.outsideMessages.remove(keyOf(row.outsideTaskId, row.messageId))
}
