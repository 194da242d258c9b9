import type { FastifyInstance } from 'fastify'
import { answerBrokenRequest } from './refusals.ts'

/**
 * Node has one limit for all requests, which must be long enough for a file; every other body has less time. Who takes
 * longer is told so, and cut off.
 */
export function limitBodyTimes(app: FastifyInstance, { withinMs, except }: { withinMs: number; except: string }): void {
  app.addHook('onRequest', async ({ raw, routeOptions }, reply) => {
    const hasBody = raw.headers['content-length'] !== undefined || raw.headers['transfer-encoding'] !== undefined
    if (!hasBody || raw.complete || routeOptions.url === except) return
    const late = Object.assign(new Error('Too slow.'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
    const timer = setTimeout(() => {
      if (!raw.complete) answerBrokenRequest(late, raw.socket)
    }, withinMs)
    timer.unref()
    const stop = (): void => clearTimeout(timer)
    raw.once('end', stop)
    reply.raw.once('close', stop)
  })
}
