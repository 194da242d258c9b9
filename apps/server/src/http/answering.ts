import { describeError, toTrpcError } from '@stagewright/api'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../log.ts'
import { answerRefusal, letFinish } from './refusals.ts'

export type Exchange = { request: FastifyRequest; reply: FastifyReply }

/** What fails on this side may be asked for again. */
const defaultRetryMs = 3_000

/** Refusals as every plain route tells them; who is still sending is let finish, and who has gone is told nothing. */
export async function answering(
  log: Logger,
  { request, reply }: Exchange,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work()
  } catch (cause) {
    if (request.socket.destroyed) return reply
    const error = toTrpcError(cause)
    const { message, facts } = describeError(error)
    if (facts.appCode === 'server.internal')
      log.error(
        { err: cause, requestId: request.id, url: request.routeOptions.url },
        'A request failed by a fault of ours.',
      )
    const status = getHTTPStatusCodeFromError(error)
    const retryAfterMs = Number(facts.params['retryAfterMs'] ?? (status >= 500 ? defaultRetryMs : 0))
    if (retryAfterMs > 0) void reply.header('retry-after', Math.ceil(retryAfterMs / 1_000))
    if (!request.raw.complete) await letFinish(request, reply)
    answerRefusal({ status, appCode: facts.appCode, message, params: facts.params }, request, reply)
    return reply
  }
}
