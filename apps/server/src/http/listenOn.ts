import type { FastifyInstance } from 'fastify'

/** Resolves to the port, which is a free one when 0 was asked for. */
export async function listenOn(app: FastifyInstance, port: number, host: string): Promise<number> {
  await app.listen({ port, host })
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
