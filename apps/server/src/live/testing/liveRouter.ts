/** A small router with one subscription for each way a stream can go, served by tRPC's own adapter and by ours. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { initTRPC, tracked, TRPCError } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'
import { z } from 'zod'
import { createReaderWatch } from '../readerWatch.ts'
import { createSseAdapter } from '../sseAdapter.ts'

export type LiveContext = {
  user: string | null
  waitUntilWritable?: (signal: AbortSignal) => Promise<void>
}

const t = initTRPC.context<LiveContext>().create({
  isDev: false,
  sse: { ping: { enabled: true, intervalMs: 400 }, client: { reconnectAfterInactivityMs: 1000 } },
  errorFormatter: ({ shape, error, path, input }) => ({
    ...shape,
    data: { ...shape.data, seen: { path, input, message: error.message } },
  }),
})

const signedIn = t.procedure.use(({ ctx, next }) => {
  if (ctx.user === null) throw new TRPCError({ code: 'UNAUTHORIZED', message: 'Sign in.' })
  return next({ ctx: { user: ctx.user } })
})
const from = z.object({ lastEventId: z.string().optional(), upTo: z.number().default(5) })

/** What the floods have yielded, and which streams have ended: to see from outside what the adapters do. */
export const seen = { flooded: 0, ended: [] as string[] }

export const liveRouter = t.router({
  numbers: signedIn.input(from).subscription(async function* ({ input }) {
    for (let number = Number(input.lastEventId ?? 0) + 1; number <= input.upTo; number += 1)
      yield tracked(String(number), { number })
  }),
  untracked: signedIn.subscription(async function* () {
    yield 'before any id'
    yield tracked('a', ['with', 1])
    yield { without: 'an id' }
    yield tracked('b', null)
  }),
  failsFirst: signedIn.subscription(async function* () {
    yield* []
    throw new TRPCError({ code: 'NOT_FOUND', message: 'There is none.' })
  }),
  failsInSetup: signedIn.subscription((): AsyncIterable<number> => {
    throw new TRPCError({ code: 'CONFLICT', message: 'Not now.' })
  }),
  failsLater: signedIn.input(from).subscription(async function* () {
    yield tracked('1', 'one')
    throw new Error('It broke.')
  }),
  waits: signedIn.input(from).subscription(async function* ({ input, signal }) {
    try {
      yield tracked(String(Number(input.lastEventId ?? 0) + 1), 'waiting')
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()))
    } finally {
      seen.ended.push('waits')
    }
  }),
  flood: signedIn.subscription(async function* ({ ctx, signal }) {
    const text = 'x'.repeat(32 * 1024)
    try {
      for (seen.flooded = 1; signal?.aborted !== true; seen.flooded += 1) {
        yield tracked(String(seen.flooded), [text])
        await (ctx.waitUntilWritable?.(signal!) ?? new Promise((resolve) => setImmediate(resolve)))
      }
    } finally {
      seen.ended.push('flood')
    }
  }),
  hello: t.procedure.query(() => 'hello'),
  long: t.procedure.query(() => 'x'.repeat(32 * 1024)),
})
export type LiveRouter = typeof liveRouter

export const paths = ['numbers', 'untracked', 'failsFirst', 'failsInSetup', 'failsLater', 'waits', 'flood']

export function contextOf(req: IncomingMessage): LiveContext {
  const { authorization } = req.headers
  if (authorization === 'Bearer broken')
    throw new TRPCError({ code: 'SERVICE_UNAVAILABLE', message: 'No context today.' })
  return { user: authorization === 'Bearer good' ? 'anna' : null }
}

export type Served = { url: string; server: Server; close(): Promise<void> }

/** tRPC's own adapter. */
export async function serveStock(): Promise<Served> {
  const handler = createHTTPHandler({
    router: liveRouter,
    basePath: '/trpc/',
    createContext: ({ req }) => contextOf(req),
  })
  return listen(createServer(handler))
}

/** Ours, with tRPC's own for what ours leaves to it. */
export async function serveOurs(options: { stallMs?: number } = {}) {
  const stock = createHTTPHandler({
    router: liveRouter,
    basePath: '/trpc/',
    createContext: ({ req }) => contextOf(req),
  })
  const adapter = createSseAdapter({
    router: liveRouter,
    createContext: ({ req }) => contextOf(req),
    paths,
  })
  const server = createServer((req, res) => void (adapter.handles(req) ? adapter.handle(req, res) : stock(req, res)))
  server.on('connection', createReaderWatch(options).add)
  const served = await listen(server)
  return { ...served, adapter }
}

export async function listen(server: Server): Promise<Served> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    server,
    url: `http://127.0.0.1:${port}/trpc`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
