import { existsSync } from 'node:fs'
import path from 'node:path'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const assets = `${path.sep}assets${path.sep}`
const forEver = 'public, max-age=31536000, immutable'

/**
 * The built studio, with its page for every address that is not a file. Files under /assets carry a hash in their
 * names and never change; the page itself is asked for anew each time.
 */
export async function addStudioRoutes(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(path.join(folder, 'index.html'))) {
    app.setNotFoundHandler((_request, reply) =>
      reply.status(404).send({ message: 'The studio is not built. Run npm start, or npm run dev.' }),
    )
    return
  }
  await app.register(fastifyStatic, {
    root: folder,
    cacheControl: false,
    setHeaders: (reply, file) => void reply.header('cache-control', file.includes(assets) ? forEver : 'no-cache'),
  })
  app.setNotFoundHandler((request, reply) => {
    const wantsPage = (request.method === 'GET' || request.method === 'HEAD') && !request.url.startsWith('/assets/')
    if (!wantsPage)
      return reply.status(404).send({ message: `There is nothing at ${request.method} ${request.url.split('?')[0]}.` })
    return reply.type('text/html').sendFile('index.html')
  })
}
