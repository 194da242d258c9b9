import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import path from 'node:path'
import { randomUUID } from 'node:crypto'
import {
  appRouter,
  describeError,
  pingEveryMs,
  toTrpcError,
  type AppRouter,
  type Context,
  type Services,
} from '@stagewright/api'
import type { Files } from '@stagewright/core'
import type { TRPCError } from '@trpc/server'
import { fastifyTRPCPlugin, type FastifyTRPCPluginOptions } from '@trpc/server/adapters/fastify'
import { fastify, type FastifyInstance } from 'fastify'
import type { Auth } from '../accounts/auth.ts'
import type { Identify } from '../accounts/identify.ts'
import { createReaderWatch } from '../live/readerWatch.ts'
import { createSseAdapter } from '../live/sseAdapter.ts'
import { createWebSocketGate } from '../live/webSocket.ts'
import type { Logger } from '../log.ts'
import type { OutsideSigning } from '../outside/openOutside.ts'
import type { OriginRule } from '../origins.ts'
import { addArchiveRoutes } from './archiveRoutes.ts'
import { addAuthRoutes } from './authRoutes.ts'
import { limitBodyTimes } from './bodyTimes.ts'
import { addFileRoutes } from './fileRoutes.ts'
import { listenOn } from './listenOn.ts'
import { addOperationsRoutes, type Operations } from './operationsRoutes.ts'
import { addPreviewRoutes } from './previewRoutes.ts'
import { addRefusals, answerBrokenRequest, answerFrameworkError, maxAddressLength } from './refusals.ts'
import { addSecurity } from './securityHeaders.ts'
import { addWebhookRoutes } from './webhookRoutes.ts'
import { addStudioRoutes } from './studioRoutes.ts'

/** A million characters of Chinese in JSON is 3 MB; nothing we take is larger. */
const bodyLimitBytes = 4 * 1_024 * 1_024
/** Who sends a head or a whole request more slowly than this holds a connection for nothing. */
const defaultTimes: RequestTimes = {
  headWithinMs: 15_000,
  requestWithinMs: 120_000,
  uploadWithinMs: 900_000,
  uploadIdleMs: 30_000,
  checkEveryMs: 5_000,
}
/** The most calls in one batch; our client sends at most 10. */
const maxBatchSize = 50
const livePaths = ['live.follow', 'tasks.follow']
const studioFolder = path.resolve(import.meta.dirname, '../../../web/dist')

export type HttpOptions = {
  auth: Auth
  identify: Identify
  origins: OriginRule
  trustedProxies: string[]
  log: Logger
  services: Services
  files: Files
  outside: OutsideSigning
  operations: Operations
  /** WebSockets at once. */
  maxConnections: number
  times?: Partial<RequestTimes> | undefined
}

/** Milliseconds. A file has more time than any other body, as long as it comes. */
export type RequestTimes = {
  headWithinMs: number
  requestWithinMs: number
  uploadWithinMs: number
  uploadIdleMs: number
  checkEveryMs: number
}

export type HttpServer = {
  /** Resolves to the port, which is a free one when 0 was asked for. */
  listen(port: number, host: string): Promise<number>
  /** Sends viewers away, to come back spread over the given time, then ends all connections and takes no new ones. */
  close(options: { comeBackWithinMs: number }): Promise<void>
}

/** Everything on one port: tRPC over HTTP, SSE and WebSocket, sign-in, health, and the studio for the rest. */
export async function createHttpServer(options: HttpOptions): Promise<HttpServer> {
  const { auth, origins, log } = options
  const times = { ...defaultTimes, ...options.times }
  const app = openApp(times, options.trustedProxies)
  const contextOf = createContextOf(options)
  const onError = createErrorLog(log)
  const { sse, webSocket } = openGates(options, { contextOf, onError })
  const readers = createReaderWatch()
  app.server.on('connection', readers.add)
  app.server.on('upgrade', webSocket.handleUpgrade)

  let isClosing = false
  // Who asks again dials anew, and is led to a server that stays.
  app.addHook('onRequest', async (_, reply) => {
    if (isClosing) void reply.header('connection', 'close')
  })
  addSecurity(app, origins)
  addRefusals(app, log)
  limitBodyTimes(app, { withinMs: times.requestWithinMs, except: '/files' })
  addOperationsRoutes(app, options.operations)
  await addAuthRoutes(app, auth)
  addPreviewRoutes(app, { identify: options.identify, ...options.services })
  addArchiveRoutes(app, { ...options.services, identify: options.identify, files: options.files, log })
  const { uploads } = options.outside
  const { database } = options.services
  await addFileRoutes(app, { identify: options.identify, files: options.files, uploads, database, log, ...times })
  addWebhookRoutes(app, { ...options.services, ...options.outside, log })
  app.addHook('onRequest', async (request, reply) => {
    if (!sse.handles(request.raw)) return
    // Fastify lets go of the request here: the stream is written to node's response.
    reply.hijack()
    void sse.handle(request.raw, reply.raw, reply.getHeaders() as OutgoingHttpHeaders)
  })
  const trpcOptions: FastifyTRPCPluginOptions<AppRouter>['trpcOptions'] = {
    router: appRouter,
    createContext: ({ req }) => contextOf(req.raw, 'http'),
    maxBatchSize,
    responseMeta: ({ errors }) => ({ headers: retryAfterOf(errors) }),
    onError,
  }
  await app.register(fastifyTRPCPlugin, { prefix: '/trpc', trpcOptions })
  await addStudioRoutes(app, studioFolder)

  return {
    listen: (port, host) => listenOn(app, port, host),
    async close({ comeBackWithinMs }) {
      isClosing = true
      await Promise.all([sse.closeAll({ comeBackWithinMs }), webSocket.close({ comeBackWithinMs })])
      readers.stop()
      await app.close()
    },
  }
}

function openApp(times: RequestTimes, trustedProxies: string[]): FastifyInstance {
  return fastify({
    trustProxy: trustedProxies.length > 0 && trustedProxies,
    bodyLimit: bodyLimitBytes,
    forceCloseConnections: true,
    requestTimeout: times.uploadWithinMs,
    http: { headersTimeout: times.headWithinMs, connectionsCheckingInterval: times.checkEveryMs },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: answerFrameworkError,
    // A batch names its procedures in the path.
    routerOptions: { maxParamLength: maxAddressLength },
    genReqId: () => randomUUID(),
  })
}

type ContextOf = (
  req: IncomingMessage,
  transport: Context['transport'],
  waitUntilWritable?: Context['waitUntilWritable'],
) => Promise<Context>

function createContextOf({ services, identify }: HttpOptions): ContextOf {
  return async (req, transport, waitUntilWritable) => ({
    ...services,
    ...(await identify(req.headers).catch((error: unknown) => {
      throw toTrpcError(error)
    })),
    requestId: randomUUID(),
    transport,
    waitUntilWritable,
  })
}

type GateParts = { contextOf: ContextOf; onError: ReturnType<typeof createErrorLog> }

/** The two transports that hold a connection. */
function openGates({ origins, maxConnections }: HttpOptions, { contextOf, onError }: GateParts) {
  const sse = createSseAdapter({
    router: appRouter,
    createContext: ({ req }) => contextOf(req, 'sse'),
    paths: livePaths,
    onError,
  })
  const webSocket = createWebSocketGate({
    router: appRouter,
    createContext: ({ req, waitUntilWritable }) => contextOf(req, 'webSocket', waitUntilWritable),
    isAllowedOrigin: origins.isAllowed,
    maxConnections,
    keepAlive: { pingMs: pingEveryMs, pongWaitMs: pingEveryMs / 2 },
    onError,
  })
  return { sse, webSocket }
}

/** The time to come back at, where a refusal names one, in HTTP's own words too. */
function retryAfterOf(errors: readonly TRPCError[]): Record<string, string> {
  const times = errors.map((error) => Number(describeError(error).facts.params['retryAfterMs'] ?? 0))
  const longestMs = Math.max(0, ...times)
  return longestMs > 0 ? { 'retry-after': String(Math.ceil(longestMs / 1_000)) } : {}
}

/** Only what we did not foresee is worth a line: refusals are answers. */
function createErrorLog(log: Logger) {
  return ({
    error,
    path: procedure,
  }: {
    error: { code: string; cause?: unknown }
    path?: string | undefined
  }): void => {
    if (error.code !== 'INTERNAL_SERVER_ERROR') return
    log.error({ err: error.cause ?? error, procedure }, 'A procedure failed by a fault of ours.')
  }
}
