import { z } from 'zod'
import { id, key, url } from '../inputs.ts'
import { adminProcedure, router } from '../trpc.ts'
import { viewProcessor } from '../views/outside.ts'

const minute = 60_000
const timeLimitMs = z
  .number()
  .int()
  .min(1_000)
  .max(7 * 24 * 60 * minute)

/** Which stages are done outside, and by whom. */
export const processors = router({
  list: adminProcedure.query(async ({ ctx }) => (await ctx.processors.list()).map(viewProcessor)),

  /** The answer is the only time the secret is shown. */
  create: adminProcedure
    .input(
      z.object({
        pipeline: key,
        stage: key,
        url,
        timeLimitMs: timeLimitMs.default(30 * minute),
        active: z.boolean().default(true),
      }),
    )
    .mutation(({ ctx, input }) => ctx.processors.create(input)),

  update: adminProcedure
    .input(z.object({ id, url: url.optional(), timeLimitMs: timeLimitMs.optional(), active: z.boolean().optional() }))
    .mutation(async ({ ctx, input }) => {
      const given = Object.entries({ url: input.url, timeLimitMs: input.timeLimitMs, active: input.active })
      await ctx.processors.update(input.id, Object.fromEntries(given.filter(([, value]) => value !== undefined)))
    }),

  remove: adminProcedure.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await ctx.processors.remove(input.id)
  }),

  /** Sends a signed message of the type `processor.test`; the answer says what came back. */
  test: adminProcedure.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    const answer = await ctx.processors.test(input.id, AbortSignal.timeout(10_000))
    const isAnswered = answer.type === 'answered'
    return {
      ok: isAnswered && answer.status >= 200 && answer.status < 300,
      status: isAnswered ? answer.status : null,
      problem: isAnswered ? null : answer.problem,
    }
  }),
})
