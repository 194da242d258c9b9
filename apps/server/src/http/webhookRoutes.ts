import { AppError, type Database, type Engine, type OutsideReceipt, type ReceivedMessage } from '@stagewright/core'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Logger } from '../log.ts'
import type { OutsideSigning } from '../outside/openOutside.ts'
import { verifyMessage } from '../outside/signatures.ts'
import { answering } from './answering.ts'

export type WebhookSource = OutsideSigning & {
  engine: Pick<Engine, 'receive'>
  database: Pick<Database, 'processor'>
  log: Logger
}

const outsideTaskId = z.uuid()
const sayings = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress'),
    outsideTaskId,
    fraction: z.number().min(0).max(1).nullable().default(null),
    message: z.string().max(500).nullable().default(null),
  }),
  z.object({
    type: z.literal('result'),
    outsideTaskId,
    text: z.string().max(1_000_000).nullable().default(null),
    fileId: z.uuid().nullable().default(null),
  }),
  z.object({
    type: z.literal('failure'),
    outsideTaskId,
    message: z.string().max(2_000),
    retryable: z.boolean().default(false),
  }),
])

type WebhookRequest = FastifyRequest<{ Querystring: { processor?: string }; Body: Buffer | undefined }>

/**
 * `POST /webhooks/tasks`: what processors say. The signature is over the bytes as they came, so nothing reads them before
 * it was checked. Whoever signed wrongly learns nothing of what there is.
 */
export function addWebhookRoutes(app: FastifyInstance, source: WebhookSource): void {
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    scope.post('/webhooks/tasks', (request: WebhookRequest, reply) =>
      answering(source.log, { request, reply }, async () => reply.send(await receive(source, request))),
    )
  })
}

async function receive(source: WebhookSource, request: WebhookRequest): Promise<OutsideReceipt> {
  const { processor: named } = request.query
  const processorId = typeof named === 'string' ? named : null
  const body = request.body ?? Buffer.alloc(0)
  const own = processorId === null ? null : await openSecret(source, processorId)
  const secrets = [own, source.sharedSecret].filter((secret) => secret !== null)
  const verified = verifyMessage(body, request.headers, secrets)
  if (verified.type === 'refused')
    throw new AppError('auth.required', `The message was not taken: ${verified.problem}.`)
  const isByOwn = own !== null && verified.by === 0
  return source.engine.receive(readMessage(verified, isByOwn ? processorId : null))
}

async function openSecret({ database, vault }: WebhookSource, id: string): Promise<string | null> {
  const processor = await database.processor(id)
  if (processor === null) return null
  try {
    return vault.open(id, processor.secretEncrypted)
  } catch (error) {
    if (error instanceof AppError) return null
    throw error
  }
}

function readMessage({ id, text }: { id: string; text: string }, processorId: string | null): ReceivedMessage {
  const parsed = sayings.safeParse(parseJson(text))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.path.join('.') ?? ''
    throw new AppError('input.invalid', `The message is not right: ${field}: ${issue?.message}.`, { params: { field } })
  }
  const { outsideTaskId: named, ...saying } = parsed.data
  return { id, outsideTaskId: named, processorId, saying }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new AppError('input.invalid', 'The body of the message is not JSON.', { cause })
  }
}
