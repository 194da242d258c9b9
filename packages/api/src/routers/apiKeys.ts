import { notFound } from '@stagewright/core'
import { z } from 'zod'
import { id, text } from '../inputs.ts'
import { router, userProcedure } from '../trpc.ts'

export const apiKeys = router({
  list: userProcedure.query(({ ctx }) => ctx.apiKeys.list(ctx.user.id)),

  /** The answer is the only time the key is shown. */
  create: userProcedure
    .input(
      z.object({
        name: text(64).pipe(z.string().min(1)),
        expiresInDays: z.number().int().min(1).max(3_650).nullable().default(null),
      }),
    )
    .mutation(({ ctx, input }) => ctx.apiKeys.create(ctx.user.id, input)),

  revoke: userProcedure.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    if (!(await ctx.apiKeys.revoke(ctx.user.id, input.id))) throw notFound('API key', input.id)
  }),
})
