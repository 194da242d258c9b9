import { finished } from 'node:stream'
import { AppError } from '@stagewright/core'
import type { FastifyInstance } from 'fastify'
import type { Identify } from '../accounts/identify.ts'
import { archiveAccount, type ArchiveParts } from '../exports/accountArchive.ts'
import type { Logger } from '../log.ts'
import { answering } from './answering.ts'
import { attachmentOf } from './fileNames.ts'
import { archiveLimits, createRequestPlaces } from './requestPlaces.ts'

export type ArchiveSource = ArchiveParts & { identify: Identify; log: Logger }

/** `GET /archive`: all that the user has, as a zip that is made while it is taken. */
export function addArchiveRoutes(app: FastifyInstance, source: ArchiveSource): void {
  const { identify, log } = source
  const places = createRequestPlaces(archiveLimits)
  app.get('/archive', (request, reply) =>
    answering(log, { request, reply }, async () => {
      const { user } = await identify(request.headers)
      if (user === null) throw new AppError('auth.required', 'Sign in, or send an API key, to take what is yours.')
      const leave = places.enter(user.id)
      const archive = archiveAccount(source, { userId: user.id })
      finished(archive, leave)
      archive.once('error', (error) => log.error({ err: error, requestId: request.id }, 'An archive broke off.'))
      const day = new Date().toISOString().slice(0, 10)
      return reply
        .headers({
          'content-type': 'application/zip',
          'content-disposition': attachmentOf(`Stagewright ${day}.zip`),
          'cache-control': 'private, no-store',
        })
        .send(archive)
    }),
  )
}
