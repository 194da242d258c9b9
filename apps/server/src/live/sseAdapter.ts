/**
 * Serves subscriptions in exactly tRPC's SSE wire format, written to node's response without web streams: a frame is
 * encoded once for all viewers at the same place, which is several times cheaper than tRPC's own path. Types, auth and
 * `tracked()` stay tRPC's. Guarantees: events and errors are those of tRPC's own adapter; a viewer's next event is
 * asked for only when its socket has taken the last one. Who takes nothing at all is cut by `readerWatch.ts`.
 *
 * Not carried over: batches, observables, `emitAndEndImmediately`, `maxDurationMs` and `responseMeta`.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '@stagewright/core'
import {
  callTRPCProcedure,
  getTRPCErrorFromUnknown,
  isTrackedEnvelope,
  TRPCError,
  type AnyTRPCRouter,
  type inferRouterContext,
} from '@trpc/server'
import type { TRPCRequestInfo } from '@trpc/server/http'
import { createEventFrames, type EventFrames } from './eventFrames.ts'
import { startHeartbeat } from './heartbeat.ts'
import { SseConnection } from './sseConnection.ts'
import { asFailure, createSseErrors, type SseErrors } from './sseErrors.ts'
import { describeRequest, findPath, readSseRequest, type SseRequest } from './sseRequest.ts'

export type SseAdapterOptions<Router extends AnyTRPCRouter> = {
  router: Router
  createContext(asked: Asked): Promise<inferRouterContext<Router>> | inferRouterContext<Router>
  /** The subscriptions served here, as `live.follow`; all other requests are tRPC's own adapter's. */
  paths: readonly string[]
  /** Where the router is mounted. */
  basePath?: string
  onError?: (failure: { error: TRPCError; path: string | undefined; input: unknown; req: IncomingMessage }) => void
}

export type SseAdapter = {
  /** Whether a request is for this adapter. */
  handles(req: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): boolean
  /** Serves it to its end; never rejects. `headers` are sent beside the adapter's own. */
  handle(req: IncomingMessage, res: ServerResponse, headers?: OutgoingHttpHeaders): Promise<void>
  viewers(): number
  /**
   * Ends all streams so that viewers come back by themselves: each at a moment of its own within the given time, and
   * served until then. New ones are refused at once. Resolves when none is left.
   */
  closeAll(options?: { comeBackWithinMs?: number }): Promise<void>
}

type Asked = { req: IncomingMessage; res: ServerResponse; info: TRPCRequestInfo }
type Tools<Router extends AnyTRPCRouter> = SseAdapterOptions<Router> & {
  frames: EventFrames
  errors: SseErrors
  isClosing(): boolean
}

const sseHeaders = {
  vary: 'trpc-accept, accept',
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
  connection: 'keep-alive',
}
/** Soon: when they come back is spread by when they are sent away. Milliseconds. */
const comeBackMs = 100
const comeBackFrame = Buffer.from(`retry: ${comeBackMs}\n\n`)
const returnFrame = Buffer.from('event: return\ndata: \n\n\n')

export function createSseAdapter<Router extends AnyTRPCRouter>(options: SseAdapterOptions<Router>): SseAdapter {
  const { router, paths, basePath = '/trpc' } = options
  const { sse = {}, transformer } = (router as AnyTRPCRouter)._def._config
  const connectedFrame = Buffer.from(`event: connected\ndata: ${JSON.stringify(sse.client ?? {})}\n\n\n`)
  const open = new Set<SseConnection>()
  const stopHeartbeat = startHeartbeat(open, sse.ping?.enabled === true ? (sse.ping.intervalMs ?? 1000) : null)
  let isClosing = false
  const tools: Tools<Router> = {
    ...options,
    frames: createEventFrames((value): unknown => transformer.output.serialize(value)),
    errors: createSseErrors(router),
    isClosing: () => isClosing,
  }

  return {
    handles(req) {
      const path = findPath(req, basePath)
      return path !== null && paths.includes(path)
    },
    viewers: () => open.size,
    async handle(req, res, headers = {}) {
      const request = readSseRequest(router, req, findPath(req, basePath) ?? '')
      const connection = new SseConnection(res)
      let info: TRPCRequestInfo
      try {
        info = describeRequest(request, connection.signal)
      } catch (cause) {
        return refuse(tools, cause, { req, res, headers })
      }
      open.add(connection)
      res.writeHead(200, { ...headers, ...sseHeaders })
      connection.write([connectedFrame])
      await serve(tools, connection, request, { req, res, info })
      open.delete(connection)
    },
    async closeAll({ comeBackWithinMs = 0 } = {}) {
      isClosing = true
      await Promise.all([...open].map((connection) => sendAway(connection, Math.random() * comeBackWithinMs)))
      stopHeartbeat()
    },
  }
}

/** Without `return` an EventSource takes the end for a cut and comes back after `retry`, from its last id. */
async function sendAway(connection: SseConnection, afterMs: number): Promise<void> {
  await pause(afterMs, undefined, { signal: connection.signal }).catch(() => undefined)
  connection.write([comeBackFrame])
  connection.close({ hangUp: true })
}

/** Runs the procedure and writes what it yields. From the context on, what goes wrong is told in the stream. */
async function serve<Router extends AnyTRPCRouter>(
  tools: Tools<Router>,
  connection: SseConnection,
  request: SseRequest,
  asked: Asked,
): Promise<void> {
  const { path } = request
  let ctx: inferRouterContext<Router> | undefined
  let items: AsyncIterator<unknown> | null = null
  try {
    if (tools.isClosing()) throw restarting()
    ctx = await tools.createContext(asked)
    const { signal } = connection
    const getRawInput = async (): Promise<unknown> => request.readInput()
    const call = { router: tools.router, path, getRawInput, ctx, type: 'subscription', signal, batchIndex: 0 } as const
    items = iteratorOf(await callTRPCProcedure(call), path)
    await stream(tools.frames, connection, items, request.heldId)
  } catch (cause) {
    const error = asFailure(cause)
    if (connection.isClosed || error === null) return
    const input = request.input()
    tools.onError?.({ error, path, input, req: asked.req })
    connection.write([tools.errors.frame(error, { path, input, ctx })])
  } finally {
    connection.close({ hangUp: tools.isClosing() })
    await items?.return?.().catch(() => undefined)
  }
}

/** An error that every client of tRPC's takes for: come back later. Soon, because another server may take it over. */
function restarting(): TRPCError {
  const message = 'The server is restarting. Follow again from your cursor.'
  const cause = new AppError('server.busy', message, { params: { retryAfterMs: comeBackMs } })
  return new TRPCError({ code: 'SERVICE_UNAVAILABLE', message, cause })
}

async function stream(
  frames: EventFrames,
  connection: SseConnection,
  items: AsyncIterator<unknown>,
  heldId: string | null,
): Promise<void> {
  let lastId = heldId
  for (;;) {
    const next = await items.next()
    if (connection.isClosed) return
    if (next.done) return void connection.write([returnFrame])
    const hasRoom = connection.write(frames.encode(next.value, lastId))
    if (isTrackedEnvelope(next.value)) lastId = next.value[0]
    if (!hasRoom) await connection.drained()
  }
}

type Refused = Pick<Asked, 'req' | 'res'> & { headers: OutgoingHttpHeaders }

function refuse<Router extends AnyTRPCRouter>(
  tools: Tools<Router>,
  cause: unknown,
  { req, res, headers }: Refused,
): void {
  const error = getTRPCErrorFromUnknown(cause)
  tools.onError?.({ error, path: undefined, input: undefined, req })
  const { status, body } = tools.errors.answer(error)
  res.writeHead(status, { ...headers, vary: sseHeaders.vary, 'content-type': 'text/plain;charset=UTF-8' })
  res.end(body)
}

function iteratorOf(result: unknown, path: string): AsyncIterator<unknown> {
  if (typeof result === 'object' && result !== null && Symbol.asyncIterator in result) {
    return (result as AsyncIterable<unknown>)[Symbol.asyncIterator]()
  }
  throw new TRPCError({
    code: 'INTERNAL_SERVER_ERROR',
    message: `Subscription ${path} did not return an observable or a AsyncGenerator`,
  })
}
