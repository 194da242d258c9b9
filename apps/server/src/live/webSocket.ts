/**
 * The router over WebSocket, on the server's own port. Guarantees: only allowed pages connect; what one connection may
 * cost is bounded (message size, subscriptions, what waits unsent); a follower is asked for more only when its
 * connection has taken most of what it was given, and one that never reads is cut.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { AnyTRPCRouter, inferRouterContext, TRPCError } from '@trpc/server'
import { getWSConnectionHandler } from '@trpc/server/adapters/ws'
import type { TRPCRequestInfo } from '@trpc/server/http'
import { WebSocketServer, type WebSocket } from 'ws'
import { createConnectionEncoder, createSharedEncoding } from './connectionEncoder.ts'
import { createWritability, isOverfull } from './writability.ts'

export type WebSocketOptions<Router extends AnyTRPCRouter> = {
  router: Router
  createContext(options: {
    req: IncomingMessage
    info: TRPCRequestInfo
    /** Resolves when little enough waits unsent on this connection; for the live procedures' `whenWritable`. */
    waitUntilWritable: (signal: AbortSignal) => Promise<void>
  }): Promise<inferRouterContext<Router>> | inferRouterContext<Router>
  /** Where browsers may connect from. A request without `Origin` comes from no page and is let through. */
  isAllowedOrigin(origin: string): boolean
  path?: string
  /** The largest message taken (256 KiB). */
  maxPayloadBytes?: number
  /** Subscriptions at once on one connection (20). */
  maxSubscriptions?: number
  /** Connections at once (10,000); more are answered with 503. */
  maxConnections?: number
  keepAlive?: { pingMs: number; pongWaitMs: number }
  onError?: (failure: { error: TRPCError; path: string | undefined; input: unknown; req: IncomingMessage }) => void
}

export type WebSocketGate = {
  /** To be called on the server's `upgrade`. Answers every request, also those it refuses. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void
  connections(): number
  /** Tells viewers to come back, spread over the given time, then cuts who is left. Resolves when nobody is. */
  close(options?: { comeBackWithinMs?: number }): Promise<void>
}

const overfullCheckMs = 250
const policyViolation = 1008
const retryAfterSeconds = 2

export function createWebSocketGate<Router extends AnyTRPCRouter>(options: WebSocketOptions<Router>): WebSocketGate {
  const { router, path = '/trpc', maxPayloadBytes = 256 * 1024, maxSubscriptions = 20 } = options
  const { maxConnections = 10_000 } = options
  const { pingMs, pongWaitMs } = options.keepAlive ?? { pingMs: 10_000, pongWaitMs: 5000 }
  const server = new WebSocketServer({ noServer: true, maxPayload: maxPayloadBytes, perMessageDeflate: false })
  const shared = createSharedEncoding()
  const stopWatch = cutOverfull(server)
  let closing: Promise<void> | null = null

  const connect = (client: WebSocket, req: IncomingMessage, socket: Duplex): void => {
    const waitUntilWritable = createWritability(client, socket)
    const encoder = createConnectionEncoder(shared, {
      maxSubscriptions,
      onTooMany: () => client.close(policyViolation, `At most ${maxSubscriptions} subscriptions on one connection.`),
    })
    // One of tRPC's handlers per connection, because the encoder counts the subscriptions of this one.
    const onConnection = getWSConnectionHandler({
      wss: server,
      router,
      createContext: ({ info }) => options.createContext({ req, info, waitUntilWritable }),
      keepAlive: { enabled: true, pingMs, pongWaitMs },
      experimental_encoder: encoder,
      onError: ({ error, path: called, input }) => options.onError?.({ error, path: called, input, req }),
    })
    onConnection(client, req)
  }

  return {
    connections: () => server.clients.size,
    handleUpgrade(req, socket, head) {
      const { origin } = req.headers
      const { pathname } = new URL(URL.canParse(req.url ?? '/', 'http://host') ? (req.url ?? '/') : '/', 'http://host')
      if (pathname !== path) return refuse(socket, '404 Not Found')
      if (origin !== undefined && !options.isAllowedOrigin(origin)) return refuse(socket, '403 Forbidden')
      if (closing !== null || server.clients.size >= maxConnections) return refuse(socket, '503 Service Unavailable')
      server.handleUpgrade(req, socket, head, (client) => connect(client, req, socket))
    },
    close({ comeBackWithinMs = 0 } = {}) {
      closing ??= sendAway(server, comeBackWithinMs).finally(stopWatch)
      return closing
    },
  }
}

/** Cuts who has let more than 1 MiB wait unsent at two looks running: one large message may pass, a dead reader not. */
function cutOverfull(server: WebSocketServer): () => void {
  let suspects = new Set<WebSocket>()
  const timer = setInterval(() => {
    const overfull = [...server.clients].filter(isOverfull)
    for (const client of overfull) if (suspects.has(client)) client.terminate()
    suspects = new Set(overfull)
  }, overfullCheckMs)
  timer.unref()
  return () => clearInterval(timer)
}

async function sendAway(server: WebSocketServer, withinMs: number): Promise<void> {
  // tRPC's client takes this as: connect anew, and resume every subscription from its last id.
  const notice = JSON.stringify({ id: null, method: 'reconnect' })
  const leaving = [...server.clients].map(async (client) => {
    await waitMs(Math.random() * withinMs)
    if (client.readyState === client.OPEN) client.send(notice)
    await waitMs(200)
    client.terminate()
  })
  await Promise.all(leaving)
  server.close()
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => undefined)
  const later = status.startsWith('503') ? `Retry-After: ${retryAfterSeconds}\r\n` : ''
  socket.end(`HTTP/1.1 ${status}\r\n${later}Connection: close\r\nContent-Length: 0\r\n\r\n`)
}

function waitMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
