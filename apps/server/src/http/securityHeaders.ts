import type { FastifyInstance } from 'fastify'
import type { OriginRule } from '../origins.ts'
import { answerRefusal } from './refusals.ts'

const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ')

/** Headers every answer carries, and the refusal of writes that a foreign page sends with a person's cookie. */
export function addSecurity(app: FastifyInstance, origins: OriginRule): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    })
    const { origin, cookie } = request.headers
    const isWrite = request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'OPTIONS'
    if (!isWrite || cookie === undefined || origin === undefined || origins.isAllowed(origin)) return
    const message = `Pages of ${origin} may not use this server. Its operator can allow them in ALLOWED_ORIGINS.`
    answerRefusal({ status: 403, appCode: 'auth.foreignAddress', message, params: { origin } }, request, reply)
  })
}
