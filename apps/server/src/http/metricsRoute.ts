import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'

export type MetricsSource = { contentType: string; text(): Promise<string> }

/** Set: whoever bears it may read, from anywhere. Not set: only this machine may, and not through a proxy on it. */
export type MetricsAccess = { token: string | null }

export function addMetricsRoute(app: FastifyInstance, metrics: MetricsSource, access: MetricsAccess): void {
  app.get('/metrics', async (request, reply) => {
    const { headers, socket } = request.raw
    const refusal = decideMetricsAccess({ headers, address: socket.remoteAddress ?? '' }, access)
    if (refusal !== null) return reply.status(refusal.status).send({ message: refusal.message })
    return reply
      .header('cache-control', 'no-store')
      .type(metrics.contentType)
      .send(await metrics.text())
  })
}

type Asker = { headers: IncomingHttpHeaders; address: string }

/** Null when the asker may read. */
export function decideMetricsAccess(
  { headers, address }: Asker,
  { token }: MetricsAccess,
): { status: 401 | 403; message: string } | null {
  if (token !== null) {
    if (isSame(headers.authorization ?? '', `Bearer ${token}`)) return null
    return { status: 401, message: 'Send METRICS_TOKEN as a Bearer token.' }
  }
  // A proxy on this machine calls from it too, for anybody: it names them in one of these.
  const isForwarded = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'].some((name) => headers[name] !== undefined)
  if (isLoopback(address) && !isForwarded) return null
  return {
    status: 403,
    message: 'Only this machine may read the metrics. Set METRICS_TOKEN to read them from elsewhere.',
  }
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, '')
  return plain === '::1' || plain.startsWith('127.')
}

/** In a time that tells nothing of how much of it is right. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(wanted))
}
