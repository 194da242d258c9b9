import { fastify } from 'fastify'
import { addHealthRoutes } from './healthRoutes.ts'
import type { HttpServer } from './httpServer.ts'
import { listenOn } from './listenOn.ts'

/** All that a process which only runs tasks serves: whether it lives and is ready. */
export function createHealthServer(isReady: () => Promise<boolean>): HttpServer {
  const app = fastify({ forceCloseConnections: true })
  addHealthRoutes(app, isReady)
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({ message: `This is a worker: there is nothing at ${request.url.split('?')[0]}.` }),
  )
  return {
    listen: (port, host) => listenOn(app, port, host),
    close: () => app.close(),
  }
}
