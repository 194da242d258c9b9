import type {
  Database,
  DeliveryNext,
  DueDelivery,
  NewDelivery,
  TakenDeliveries,
  Tx,
  WebhookNews,
  WebhookRecord,
} from '@stagewright/core'
import type { DeferredWrite, DeferredWrites } from './deferredWrites.ts'
import { assignmentsOf, columnsOf, readRow } from './rows.ts'
import { deliveryShape, webhookShape } from './shapes.ts'
import { change, isUuid, requireOne, type Row, select, type Sql } from './sql.ts'

type DeliveryOperations = Pick<
  Tx,
  'insertDelivery' | 'insertWebhookDeliveries' | 'dropDeliveries' | 'recordTry' | 'updateWebhook'
>

/** `onMade` is told how many messages were added. */
export function deliveryOperations(
  sql: Sql,
  deferred: DeferredWrites,
  onMade: (count: number) => void,
): DeliveryOperations {
  return {
    insertDelivery: (delivery) => deferred.add({ ...deliveryWrite(delivery), onMade }),
    insertWebhookDeliveries: (news) => deferred.add({ ...webhookWrite(news), onMade }),
    async dropDeliveries(of) {
      const [column, id] = 'webhookId' in of ? ['webhook_id', of.webhookId] : ['outside_task_id', of.outsideTaskId]
      const statement = `UPDATE deliveries SET status = 'dropped', ended_at = now(), payload = ${payloadOnceEnded}`
      await change(sql, `${statement} WHERE ${column} = $1::uuid AND status = 'pending'`, [id])
    },
    async recordTry(deliveryId, entry, next) {
      const { set, params } = endingOf(next, [deliveryId, JSON.stringify([entry])])
      const statement = `UPDATE deliveries SET tries = tries || $2::jsonb, ${set} WHERE id = $1::uuid AND status = 'pending'`
      return (await change(sql, statement, params)) === 1
    },
    async updateWebhook(webhookId, patch) {
      const { set, params } = assignmentsOf(webhookShape, patch, [webhookId])
      if (set === '') return
      const count = await change(sql, `UPDATE webhooks SET ${set} WHERE id = $1::uuid`, params)
      requireOne(count, 'webhook', webhookId)
    },
  }
}

/** A job carries a whole text, which stands in the project anyway. What a webhook was sent is for its log. */
const payloadOnceEnded = `CASE kind WHEN 'job' THEN '{}' ELSE payload END`
const later = (param: string): string => `now() + ${param}::float8 * interval '1 millisecond'`

function endingOf(next: DeliveryNext, params: unknown[]): { set: string; params: unknown[] } {
  const at = `$${params.length + 1}`
  return next.status === 'pending'
    ? { set: `due_at = ${later(at)}`, params: [...params, next.delayMs] }
    : { set: `status = ${at}, ended_at = now(), payload = ${payloadOnceEnded}`, params: [...params, next.status] }
}

function deliveryWrite(delivery: NewDelivery): DeferredWrite {
  const { kind, event, payload, processorId, outsideTaskId, giveUpAfterMs } = delivery
  return {
    row: `deliveries ${outsideTaskId} ${kind}`,
    statement: `INSERT INTO deliveries (id, kind, processor_id, outside_task_id, event, payload, give_up_at)
      VALUES (gen_random_uuid(), $1, $2::uuid, $3::uuid, $4, $5, ${later('$6')})`,
    params: [kind, processorId, outsideTaskId, event, payload, giveUpAfterMs],
  }
}

function webhookWrite(news: WebhookNews): DeferredWrite {
  return {
    row: `deliveries of ${news.workspaceId}`,
    statement: `INSERT INTO deliveries (id, kind, webhook_id, event, payload, give_up_at)
      SELECT gen_random_uuid(), 'webhook', w.id, $2, $3, ${later('$4')} FROM webhooks w
      WHERE w.workspace_id = $1::uuid AND w.active AND $2 = ANY(w.events)`,
    params: [news.workspaceId, news.event, news.payload, news.giveUpAfterMs],
  }
}

type WebhookOperations = Pick<
  Database,
  'listWebhooks' | 'webhook' | 'insertWebhook' | 'listDeliveries' | 'takeDueDeliveries' | 'forgetDeliveries'
>

export function webhookOperations(sql: Sql): WebhookOperations {
  return {
    listWebhooks: (workspaceIds) =>
      webhooksWhere(sql, 'w.workspace_id = ANY($1::uuid[]) AND w.removed_at IS NULL ORDER BY w.created_at, w.id', [
        ...workspaceIds,
      ]),
    webhook: async (id) => (isUuid(id) ? ((await webhooksWhere(sql, 'w.id = $1::uuid', id))[0] ?? null) : null),
    async insertWebhook(webhook) {
      await sql.webhook.createMany({ data: webhook })
    },
    async listDeliveries(webhookId, { page, pageSize }) {
      if (!isUuid(webhookId)) return { total: 0, deliveries: [] }
      const total = await sql.delivery.count({ where: { webhookId } })
      const rows = await select(
        sql,
        `SELECT ${columnsOf(deliveryShape, 'd')} FROM deliveries d WHERE d.webhook_id = $1::uuid
         ORDER BY d.created_at DESC, d.id DESC LIMIT $2::int OFFSET $3::int`,
        [webhookId, pageSize, (page - 1) * pageSize],
      )
      return { total, deliveries: rows.map((row) => readRow(deliveryShape, row)) }
    },
    takeDueDeliveries: (taking) => takeDueDeliveries(sql, taking),
    async forgetDeliveries(ageMs) {
      const olderThan = `now() - $1::float8 * interval '1 millisecond'`
      await change(sql, `DELETE FROM deliveries WHERE ended_at < ${olderThan}`, [ageMs])
      await change(sql, `DELETE FROM outside_messages WHERE received_at < ${olderThan}`, [ageMs])
    },
  }
}

async function webhooksWhere(sql: Sql, where: string, ...params: unknown[]): Promise<WebhookRecord[]> {
  const rows = await select(sql, `SELECT ${columnsOf(webhookShape, 'w')} FROM webhooks w WHERE ${where}`, params)
  return rows.map((row) => readRow(webhookShape, row))
}

/**
 * One statement: many processes that ask at once are each given others, and none of them waits. When nothing is due there
 * is one row, which says when something will be.
 */
const takeStatement = `
WITH due AS (
  SELECT id, due_at FROM deliveries WHERE status = 'pending' AND due_at <= now()
  ORDER BY due_at LIMIT $1::int FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE deliveries d SET due_at = ${later('$2')} FROM due WHERE d.id = due.id RETURNING d.*, due.due_at AS was_due_at
)
SELECT ${columnsOf(deliveryShape, 't')}, coalesce(w.url, p.url) AS url, o.project_id AS "projectId",
  coalesce(w.secret_encrypted, p.secret_encrypted) AS "secretEncrypted",
  coalesce(round(extract(epoch FROM now() - w.failing_since) * 1000), 0)::float8 AS "failingForMs",
  ceil(extract(epoch FROM next.due_at - now()) * 1000)::float8 AS "nextDueInMs"
FROM (SELECT min(due_at) AS due_at FROM deliveries WHERE status = 'pending' AND due_at > now()) next
LEFT JOIN taken t ON true LEFT JOIN webhooks w ON w.id = t.webhook_id LEFT JOIN processors p ON p.id = t.processor_id
LEFT JOIN outside_tasks o ON o.id = t.outside_task_id ORDER BY t.was_due_at`

type DueRow = Row &
  Pick<DueDelivery, 'url' | 'secretEncrypted' | 'projectId' | 'failingForMs'> &
  Pick<TakenDeliveries, 'nextDueInMs'>

async function takeDueDeliveries(
  sql: Sql,
  { limit, leaseMs }: Parameters<Database['takeDueDeliveries']>[0],
): Promise<TakenDeliveries> {
  const rows = await select<DueRow>(sql, takeStatement, [limit, leaseMs])
  const taken = rows.filter((row) => row['id'] !== null)
  const deliveries = taken.map((row) => {
    const { url, secretEncrypted, projectId, failingForMs } = row
    return { ...readRow(deliveryShape, row), url, secretEncrypted, projectId, failingForMs }
  })
  return { deliveries, nextDueInMs: rows[0]!.nextDueInMs }
}
