import { webhookEvents } from '@stagewright/core'
import { z } from 'zod'
import { id, page, pageSize, url } from '../inputs.ts'
import { router, userProcedure } from '../trpc.ts'
import { viewDelivery, viewWebhook } from '../views/outside.ts'

/** Where a service is told when tasks end, instead of asking. */
export const webhooks = router({
  list: userProcedure.query(async ({ ctx }) => (await ctx.webhooks.list(ctx.actor)).map(viewWebhook)),

  /** The answer is the only time the secret is shown. */
  create: userProcedure
    .input(z.object({ url, events: z.array(z.enum(webhookEvents)).min(1).max(webhookEvents.length) }))
    .mutation(({ ctx, input }) => ctx.webhooks.create(ctx.actor, input)),

  remove: userProcedure.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await ctx.webhooks.remove(ctx.actor, input.id)
  }),

  deliveries: userProcedure.input(z.object({ id, page, pageSize })).query(async ({ ctx, input }) => {
    const { id: webhookId, ...paging } = input
    const { total, deliveries } = await ctx.webhooks.deliveries(ctx.actor, webhookId, paging)
    const pages = Math.max(1, Math.ceil(total / paging.pageSize))
    return { total, ...paging, pages, deliveries: deliveries.map(viewDelivery) }
  }),
})
