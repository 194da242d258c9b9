/**
 * One live text to many viewers, alone in its process: 50 tokens a second, by one of three ways.
 *   raw    node:http writing one shared buffer to every response
 *   ours   the api's tasks.follow on our feed (storage in memory), through our SSE adapter
 *   stock  the same procedure through tRPC's own adapter
 * Told 'measure' by its parent it counts its processor time until told 'stop', and says it.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createFeed, type Clock, type Feed } from '@stagewright/core'
import { createMemoryStorage, createNodeCrypto } from '@stagewright/core/testing'
import { appRouter, type Context } from '../../../packages/api/src/index.ts'
import { createSseAdapter } from '../../../apps/server/src/live/sseAdapter.ts'
import { watchLoopDelay } from '../../../apps/server/src/live/loopDelay.ts'
import { createStockHandler } from '../../../apps/server/src/live/testing/stockHandler.ts'

const tokenMs = 20
const [way = 'ours'] = process.argv.slice(2)

const clock: Clock = {
  now: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return () => clearTimeout(timer)
  },
}

type Served = { path: string; listener: RequestListener; say(token: string): void }

const served = way === 'raw' ? serveRaw() : await serveFeed(way === 'stock')
const server = createServer(served.listener)
server.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${served.path}` })
})
startText()

let from = process.cpuUsage()
process.on('message', (message) => {
  if (message === 'measure') from = process.cpuUsage()
  if (message !== 'stop') return
  const { user, system } = process.cpuUsage(from)
  answer({ cpuMicros: user + system, rssBytes: process.memoryUsage().rss })
})

function answer(measured: object): void {
  process.send?.(measured, undefined, undefined, () => process.exit(0))
}

/** Each token carries the time at which it came, so that viewers can tell its delay. Ticks missed are made up for. */
function startText(): void {
  const start = performance.now()
  let said = 0
  setInterval(() => {
    for (; said * tokenMs <= performance.now() - start; said += 1) served.say(`${Date.now().toString(36)} `)
  }, tokenMs)
}

function serveRaw(): Served {
  const viewers = new Set<ServerResponse>()
  let offset = 0
  return {
    path: '/',
    listener(_req, res) {
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
      res.flushHeaders()
      viewers.add(res)
      res.on('close', () => viewers.delete(res))
    },
    say(token) {
      const frame = Buffer.from(`data: ${JSON.stringify([1, offset, token])}\nid: 0.5.1.1.${offset.toString(36)}\n\n\n`)
      offset += token.length
      for (const res of viewers) res.write(frame)
    },
  }
}

async function serveFeed(isStock: boolean): Promise<Served> {
  const crypto = createNodeCrypto()
  const { database } = createMemoryStorage({ crypto })
  const feed = createFeed({ database, clock, options: { loopDelayMs: watchLoopDelay().delayMs } })
  const userId = crypto.newId()
  const { taskId, live } = await beginTask(feed, database, crypto, userId)
  // The procedures used need no more of the services than these.
  const viewers = { enter: () => ({ sent() {}, leave() {} }) }
  const services = { feed, database, viewers, log: { error: console.error } } as unknown as Context
  const contextOf = (_req: IncomingMessage): Context => ({
    ...services,
    user: { id: userId, role: 'user' },
    requestId: 'bench',
    transport: 'sse',
    isStillAllowed: async () => true,
  })
  const adapter = createSseAdapter({
    router: appRouter,
    createContext: ({ req }) => contextOf(req),
    paths: ['tasks.follow'],
  })
  const stock = createStockHandler(appRouter, contextOf)
  return {
    path: `/trpc/tasks.follow?input=${encodeURIComponent(JSON.stringify({ taskId }))}`,
    listener: (req, res) => void (isStock ? stock(req, res) : adapter.handle(req, res)),
    say: (token) => live.append(token),
  }
}

type Storage = ReturnType<typeof createMemoryStorage>['database']

async function beginTask(feed: Feed, database: Storage, crypto: ReturnType<typeof createNodeCrypto>, userId: string) {
  const [workspaceId] = await database.workspacesOf(userId)
  const [projectId, taskId, rewriteId] = [crypto.newId(), crypto.newId(), crypto.newId()]
  const owner = { projectId, createdBy: userId }
  await database.transaction(async (tx) => {
    await tx.insertProject(
      { id: projectId, workspaceId: workspaceId!, createdBy: userId, pipeline: 'story', title: 'Bench', input: {} },
      ['rewrite'],
    )
    await tx.touchProject(projectId)
    const eventSeq = await tx.touchWorkspace(workspaceId!)
    const wish = { instruction: null, part: null, continueFrom: null, inputs: {} }
    const settings = { ...wish, model: null, reviewEach: false, retryOf: null, eventSeq }
    const names = { stages: ['rewrite'], idempotencyKey: null, requestHash: 'bench' }
    await tx.insertTask({ id: taskId, workspaceId: workspaceId!, ...owner, ...names, ...settings })
    const origin = { inputRewriteId: null, baseRewriteId: null, instruction: null }
    await tx.insertOpenRewrite({
      id: rewriteId,
      ...owner,
      stageKey: 'rewrite',
      no: 1,
      kind: 'generated',
      taskId,
      attempt: 1,
      ...origin,
    })
  })
  const { rewrite } = (await database.storedTextFrom(rewriteId, 0))!
  return { taskId, live: feed.startText(rewrite, '') }
}
