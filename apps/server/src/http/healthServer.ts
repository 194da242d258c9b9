import { fastify } from 'fastify'
import type { HttpServer } from './httpServer.ts'
import { listenOn } from './listenOn.ts'
import { addOperationsRoutes, type Operations } from './operationsRoutes.ts'

/** All that a process which only runs tasks serves: whether it lives and is ready, and its figures. */
export function createHealthServer(operations: Operations): HttpServer {
  const app = fastify({ forceCloseConnections: true })
  addOperationsRoutes(app, operations)
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({ message: `This is a worker: there is nothing at ${request.url.split('?')[0]}.` }),
  )
  return {
    listen: (port, host) => listenOn(app, port, host),
    close: () => app.close(),
  }
}
