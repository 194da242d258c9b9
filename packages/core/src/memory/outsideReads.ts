import type { Database } from '../ports/database.ts'
import type { OutsideTaskRecord } from '../outsideRecords.ts'
import { pageOf } from './projectReads.ts'
import type { Tables } from './tables.ts'

export function openOutsideTaskOf(tables: Tables, taskId: string): OutsideTaskRecord | undefined {
  return tables.outsideTasks.all().find((row) => row.taskId === taskId && row.status === 'open')
}

/** How long the processor had, once that is over. */
export function overdueLimitOf(tables: Tables, taskId: string, now: Date): number | null {
  const open = openOutsideTaskOf(tables, taskId)
  return open !== undefined && open.deadlineAt < now ? open.deadlineAt.getTime() - open.createdAt.getTime() : null
}

type OutsideReads = Pick<
  Database,
  'listProcessors' | 'processor' | 'outsideTask' | 'listWebhooks' | 'webhook' | 'listDeliveries'
>

export function outsideReads(tables: Tables): OutsideReads {
  return {
    async listProcessors() {
      const placeOf = (row: { pipeline: string; stage: string }) => `${row.pipeline} ${row.stage}`
      const kept = tables.processors.all().filter((row) => row.removedAt === null)
      return kept.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : placeOf(a) > placeOf(b) ? 1 : 0))
    },
    processor: async (id) => tables.processors.get(id) ?? null,
    outsideTask: async (id) => tables.outsideTasks.get(id) ?? null,
    listWebhooks: async (workspaceIds) =>
      tables.webhooks.all().filter((row) => row.removedAt === null && workspaceIds.includes(row.workspaceId)),
    webhook: async (id) => tables.webhooks.get(id) ?? null,
    async listDeliveries(webhookId, paging) {
      const found = tables.deliveries.all().filter((row) => row.webhookId === webhookId)
      return { total: found.length, deliveries: pageOf(found.toReversed(), paging) }
    },
  }
}
