import { AppError, notFound } from '../errors.ts'
import type { Actor } from '../engine/access.ts'
import type { Paging } from '../ports.ts'
import type { DeliveryRecord, WebhookEvent, WebhookRecord } from '../outsideRecords.ts'
import type { OutsideDeps } from './outsideDeps.ts'
import { requireUrl } from './processors.ts'

const webhooksPerWorkspace = 20

/** Where a workspace's services are told of its tasks. */
export type Webhooks = {
  list(actor: Actor): Promise<WebhookRecord[]>
  /** Of the actor's personal workspace. The secret is answered once and never again. */
  create(actor: Actor, webhook: { url: string; events: WebhookEvent[] }): Promise<{ id: string; secret: string }>
  /** What was on its way to it is given up. */
  remove(actor: Actor, id: string): Promise<void>
  /** What was sent to it and what came of that, newest first. */
  deliveries(actor: Actor, id: string, paging: Paging): Promise<{ total: number; deliveries: DeliveryRecord[] }>
}

export function createWebhooks(deps: OutsideDeps): Webhooks {
  const { database, outside, crypto } = deps
  const requireWebhook = async (actor: Actor, id: string): Promise<WebhookRecord> => {
    const webhook = await database.webhook(id)
    if (webhook === null || webhook.removedAt !== null) throw notFound('webhook', id)
    if (!(await database.isMember(actor.userId, webhook.workspaceId))) throw notFound('webhook', id)
    return webhook
  }
  return {
    list: async (actor) => database.listWebhooks(await database.workspacesOf(actor.userId)),
    async create(actor, { url, events }) {
      requireUrl(deps, url)
      const [workspaceId] = await database.workspacesOf(actor.userId)
      if ((await database.listWebhooks([workspaceId!])).length >= webhooksPerWorkspace) throw tooMany()
      const id = crypto.newId()
      const { secret, sealed } = outside.makeSecret(id)
      const wish = { url, events: [...new Set(events)], secretEncrypted: sealed }
      await database.insertWebhook({ id, workspaceId: workspaceId!, createdBy: actor.userId, ...wish })
      return { id, secret }
    },
    async remove(actor, id) {
      await requireWebhook(actor, id)
      await database.transaction(async (tx) => {
        await tx.updateWebhook(id, { active: false, removedAt: 'now' })
        await tx.dropDeliveries({ webhookId: id })
      })
    },
    async deliveries(actor, id, paging) {
      await requireWebhook(actor, id)
      return database.listDeliveries(id, paging)
    },
  }
}

function tooMany(): AppError {
  const problem = `there are ${webhooksPerWorkspace} webhooks already`
  const message = `${problem}. Remove one that is not needed any more.`
  return new AppError('input.invalid', message, { params: { field: 'url', problem } })
}
