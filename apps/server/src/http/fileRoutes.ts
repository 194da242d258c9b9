/**
 * The door for files. Guarantees: a body goes to the store as it comes and is counted there, nothing of it is kept in
 * memory before it is known to be bearable; what is cut, too large or refused leaves nothing; nothing that was uploaded
 * is ever shown as a page of this server.
 */
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { AppError, type Actor, type Database, type Files } from '@stagewright/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Identify } from '../accounts/identify.ts'
import type { Logger } from '../log.ts'
import type { UploadTokens } from '../outside/uploadTokens.ts'
import { attachmentOf, readFileName } from './fileNames.ts'
import { answering, type Exchange } from './answering.ts'
import { answerBrokenRequest } from './refusals.ts'
import { createRequestPlaces, uploadLimits, type RequestPlaces } from './requestPlaces.ts'

export type FileSource = {
  identify: Identify
  files: Files
  /** Who brings the file of an outside task's result. */
  uploads: Pick<UploadTokens, 'isRight'>
  database: Pick<Database, 'outsideTask' | 'taskLook'>
  log: Logger
  /** Of a body, in milliseconds: who sends nothing for so long is cut off. */
  uploadIdleMs: number
}

export async function addFileRoutes(app: FastifyInstance, source: FileSource): Promise<void> {
  const places = createRequestPlaces(uploadLimits)
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    // The body is left where it is: it is read by the route, as fast as the store takes it.
    scope.addContentTypeParser('*', (_request, _body, done) => done(null))
    scope.put('/files', (request, reply) =>
      answering(source.log, { request, reply }, () => takeFile(source, places, { request, reply })),
    )
    scope.get<{ Params: { id: string } }>('/files/:id', (request, reply) =>
      answering(source.log, { request, reply }, () => giveFile(source, request.params.id, { request, reply })),
    )
  })
}

async function requireActor({ identify }: FileSource, { headers }: FastifyRequest): Promise<Actor> {
  const { user } = await identify(headers)
  if (user === null) throw new AppError('auth.required', 'Sign in, or send an API key, to use files.')
  return { userId: user.id }
}

/** A processor uploads for whoever made the task, by the address that its job named. Null for everybody else. */
async function findProcessor({ uploads, database }: FileSource, { query }: FastifyRequest): Promise<Actor | null> {
  const { outsideTask: id, token } = query as { outsideTask?: unknown; token?: unknown }
  if (typeof id !== 'string' || typeof token !== 'string') return null
  const outside = uploads.isRight(id, token) ? await database.outsideTask(id) : null
  const look = outside?.status === 'open' ? await database.taskLook(outside.taskId) : null
  if (look === null) throw new AppError('auth.required', 'This address to upload to is not good, or not any more.')
  return { userId: look.task.createdBy }
}

async function takeFile(
  source: FileSource,
  places: RequestPlaces,
  { request, reply }: Exchange,
): Promise<FastifyReply> {
  const actor = (await findProcessor(source, request)) ?? (await requireActor(source, request))
  const name = readFileName(request)
  const announced = request.headers['content-length']
  const leave = places.enter(actor.userId)
  const abort = new AbortController()
  const cut = (): void => abort.abort(new Error('The sender has gone.'))
  reply.raw.once('close', cut)
  try {
    const file = await source.files.upload(actor, {
      name,
      content: bodyOf(request, source.uploadIdleMs),
      signal: abort.signal,
      ...(announced === undefined ? {} : { announcedBytes: Number(announced) }),
    })
    return await reply.status(201).header('location', `/files/${file.id}`).send(file)
  } finally {
    reply.raw.off('close', cut)
    leave()
  }
}

/** The body as it comes; an error when its sender leaves, or says nothing for too long. */
async function* bodyOf({ raw }: FastifyRequest, idleMs: number): AsyncGenerator<Uint8Array, void> {
  const giveUp = (): void =>
    answerBrokenRequest(Object.assign(new Error('Too slow.'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket)
  let timer = setTimeout(giveUp, idleMs)
  try {
    // Left open when no more of it is wanted: the refusal has to get through.
    for await (const piece of raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      clearTimeout(timer)
      yield piece
      timer = setTimeout(giveUp, idleMs)
    }
  } finally {
    clearTimeout(timer)
  }
}

/** A sandbox without anything, should it be opened as a page all the same. */
const filePolicy = "sandbox; default-src 'none'"

async function giveFile(source: FileSource, id: string, { request, reply }: Exchange): Promise<FastifyReply> {
  const actor = await requireActor(source, request)
  const isHead = request.method === 'HEAD'
  const { file, content } = isHead
    ? { file: await source.files.find(actor, id), content: null }
    : await source.files.open(actor, id)
  const stream = Readable.from(content ?? [], { objectMode: false })
  // Whether it can be read at all is known before anything is answered.
  await once(stream, 'readable')
  return reply
    .headers({
      'content-type': file.mediaType,
      'content-length': file.bytes,
      'content-disposition': attachmentOf(file.name),
      'content-security-policy': filePolicy,
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, no-store',
    })
    .send(stream)
}
