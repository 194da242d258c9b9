import { isIP } from 'node:net'
import { fromNodeHeaders } from 'better-auth/node'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { clientAddressHeader, type Auth } from '../accounts/auth.ts'

/** Sign-up, sign-in, sign-out and the session, under /auth. The body goes through untouched. */
export async function addAuthRoutes(app: FastifyInstance, auth: Auth): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 64 * 1_024 }, (_request, body, done) =>
      done(null, body),
    )
    scope.all('/auth/*', (request, reply) => answer(auth, request, reply))
  })
}

async function answer(auth: Auth, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const headers = fromNodeHeaders(request.headers)
  headers.set(clientAddressHeader, clientAddressOf(request))
  headers.delete('content-length')
  const url = new URL(request.url, `http://${request.headers.host ?? 'localhost'}`)
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && typeof request.body === 'string'
  const response = await auth.handler(
    new Request(url, { method: request.method, headers, ...(hasBody ? { body: request.body as string } : {}) }),
  )
  void reply.status(response.status)
  for (const [name, value] of response.headers) if (name !== 'set-cookie') void reply.header(name, value)
  for (const cookie of response.headers.getSetCookie()) void reply.header('set-cookie', cookie)
  return reply.send(response.body === null ? null : await response.text())
}

/** Fastify's `ip` is what a trusted proxy says, else the connection's; what a proxy says that is none counts as nothing. */
function clientAddressOf({ ip, socket }: FastifyRequest): string {
  return isIP(ip) === 0 ? (socket.remoteAddress ?? 'unknown') : ip
}
