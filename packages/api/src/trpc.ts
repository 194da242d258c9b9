import { AppError } from '@stagewright/core'
import { initTRPC, TRPCError } from '@trpc/server'
import type { Context } from './context.ts'
import { describeError, toTrpcError } from './errors.ts'

/** Heartbeats: a viewer that has heard nothing for 2.5 of them comes back by itself. */
export const pingEveryMs = 10_000
export const silentAfterMs = 25_000

const t = initTRPC.context<Context>().create({
  sse: { ping: { enabled: true, intervalMs: pingEveryMs }, client: { reconnectAfterInactivityMs: silentAfterMs } },
  // Stacks are for our log, never for a caller.
  isDev: false,
  errorFormatter({ shape, error, ctx }) {
    const { message, facts } = describeError(error)
    const requestId = ctx?.requestId ?? null
    return { ...shape, message, data: { ...shape.data, ...facts, requestId } }
  },
})

export const router = t.router

const translated = t.procedure.use(async ({ next }) => {
  const result = await next()
  if (!result.ok) throw toTrpcError(result.error)
  return result
})

/** Open to everybody. */
export const openProcedure = translated

/** For signed-in users and API keys. Which projects they may see is decided by the program, by membership. */
export const userProcedure = translated.use(({ ctx, next }) => {
  const { user } = ctx
  if (user === null)
    throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in, or send an API key as a Bearer token.' })
  return next({ ctx: { user, actor: { userId: user.id } } })
})

/** For administrators, and keys of theirs. */
export const adminProcedure = userProcedure.use(({ ctx, next }) => {
  if (ctx.user.role !== 'admin') throw new AppError('auth.forbidden', 'Only an administrator may do this.')
  return next()
})
