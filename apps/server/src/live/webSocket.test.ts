import { createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket, type ClientOptions } from 'ws'
import { contextOf, listen, liveRouter, seen, type LiveRouter, type Served } from './testing/liveRouter.ts'
import { createWebSocketGate, type WebSocketGate } from './webSocket.ts'

let served: Served
let gate: WebSocketGate
const sockets: WebSocket[] = []
const serverSockets = new Set<Duplex>()
const closers: (() => Promise<unknown>)[] = []

beforeEach(() => serve({ pingMs: 5000, pongWaitMs: 5000 }))

async function serve(keepAlive: { pingMs: number; pongWaitMs: number }): Promise<void> {
  seen.ended = []
  gate = createWebSocketGate({
    router: liveRouter,
    createContext: ({ req, waitUntilWritable }) => ({ ...contextOf(req), waitUntilWritable }),
    isAllowedOrigin: (origin) => origin === 'https://studio.example',
    maxPayloadBytes: 4096,
    maxSubscriptions: 3,
    keepAlive,
  })
  const server = createServer()
  server.on('upgrade', gate.handleUpgrade)
  server.on('upgrade', (_req, socket) => serverSockets.add(socket))
  served = await listen(server)
}
afterEach(stop)

async function stop(): Promise<void> {
  await Promise.all(closers.splice(0).map((close) => close()))
  for (const socket of sockets.splice(0)) socket.terminate()
  await gate.close()
  await served.close()
  serverSockets.clear()
}

/** A connection, open, with everything it was told. */
async function open(options: ClientOptions = {}, at = '/trpc') {
  const headers = { authorization: 'Bearer good', ...options.headers }
  const socket = new WebSocket(served.url.replace('http', 'ws').replace('/trpc', at), { ...options, headers })
  sockets.push(socket)
  const told: unknown[] = []
  let bytes = 0
  socket.on('message', (data) => {
    const text = (data as Buffer).toString()
    bytes += text.length
    if (text === 'PING') return socket.send('PONG')
    told.push(JSON.parse(text))
  })
  await new Promise((resolve, reject) => {
    socket.on('open', resolve)
    socket.on('error', reject)
  })
  const ask = (id: number, path: string, input: unknown = {}, method = 'subscription') =>
    socket.send(JSON.stringify({ id, method, params: { path, input } }))
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  return { socket, told, ask, closed, bytes: () => bytes }
}

describe('who may connect', () => {
  it('F35 lets a page of its own, and a service without a page, in', async () => {
    await open({ origin: 'https://studio.example' })
    await open()
    expect(gate.connections()).toBe(2)
  })

  it.each([
    ['403', '/trpc', 'https://elsewhere.example'],
    ['403', '/trpc', 'null'],
    ['404', '/elsewhere', 'https://studio.example'],
  ])('F35 answers %s to %s from %s', async (status, path, origin) => {
    await expect(open({ origin }, path)).rejects.toThrow(status)
    expect(gate.connections()).toBe(0)
  })
})

describe('what a connection may cost', () => {
  it('F36 closes one that sends too large a message', async () => {
    const { closed, socket } = await open()
    socket.send('x'.repeat(5000))
    expect(await closed).toBe(1009)
  })

  it('F36 closes one that subscribes too often, and counts only what is live', async () => {
    const { closed, ask, told } = await open()
    for (let id = 1; id <= 10; id += 1) {
      ask(id, 'numbers', { upTo: 1 })
      await vi.waitFor(() => expect(told).toContainEqual({ id, result: { type: 'stopped' } }))
    }
    ask(20, 'failsFirst')
    await vi.waitFor(() => expect(told).toContainEqual(expect.objectContaining({ id: 20, error: expect.anything() })))
    for (const id of [11, 12, 13]) ask(id, 'waits')
    await vi.waitFor(() =>
      expect(told.filter((message) => JSON.stringify(message).includes('waiting'))).toHaveLength(3),
    )
    ask(14, 'waits')
    expect(await closed).toBe(1008)
    await vi.waitFor(() => expect(seen.ended).toHaveLength(3))
  })

  it('F34 asks a follower for no more than the connection takes, and goes on when it drains', async () => {
    const { socket, ask, bytes } = await open()
    ask(1, 'flood')
    await vi.waitFor(() => expect(bytes()).toBeGreaterThan(0))
    socket.pause()
    let before = -1
    await vi.waitFor(
      () => {
        const now = seen.flooded
        const isStill = now === before
        before = now
        expect(isStill).toBe(true)
      },
      { interval: 100, timeout: 5000 },
    )
    const buffered = [...serverSockets].reduce((total, one) => total + one.writableLength, 0)
    expect(buffered).toBeLessThan(256 * 1024)
    expect(gate.connections()).toBe(1)
    socket.resume()
    await vi.waitFor(() => expect(seen.flooded).toBeGreaterThan(before + 10))
  })

  it('F34 cuts one that lets more than 1 MiB wait', async () => {
    const { socket, ask, told, closed } = await open({ headers: { authorization: 'Bearer good' } })
    socket.pause()
    // Answers to queries are not held back by anything but this.
    for (let id = 1; id <= 1500; id += 1) ask(id, 'long', null, 'query')
    await vi.waitFor(() => expect(gate.connections()).toBe(0), { timeout: 5000 })
    socket.resume()
    await closed
    expect(told.length).toBeLessThan(1500)
  })

  it('F37 cuts one that does not answer pings', async () => {
    await stop()
    await serve({ pingMs: 100, pongWaitMs: 100 })
    const answering = await open()
    const { socket, closed } = await open()
    socket.removeAllListeners('message')
    await closed
    await vi.waitFor(() => expect(gate.connections()).toBe(1))
    expect(answering.socket.readyState).toBe(WebSocket.OPEN)
  })
})

it('tells viewers to come back before it cuts them, and takes no new ones', async () => {
  const { told, closed } = await open()
  const closing = gate.close({ comeBackWithinMs: 50 })
  await vi.waitFor(() => expect(told).toEqual([{ id: null, method: 'reconnect' }]))
  await expect(open()).rejects.toThrow('503')
  await closing
  await closed
})

describe('with the stock link', () => {
  function clientOf() {
    class WithAuth extends WebSocket {
      constructor(url: string) {
        super(url, { headers: { authorization: 'Bearer good' } })
      }
    }
    const client = createWSClient({
      url: served.url.replace('http', 'ws'),
      WebSocket: WithAuth as never,
      keepAlive: { enabled: true, intervalMs: 1000 },
    })
    closers.push(() => client.close())
    return createTRPCClient<LiveRouter>({ links: [wsLink({ client })] })
  }

  it('gives events with their ids, the end, and errors', async () => {
    const client = clientOf()
    const got: unknown[] = []
    await new Promise<void>((resolve, reject) =>
      client.numbers.subscribe(
        { upTo: 3 },
        { onData: (event) => got.push(event), onComplete: resolve, onError: reject },
      ),
    )
    expect(got).toEqual([1, 2, 3].map((number) => ({ id: String(number), data: { number } })))
    const error = await new Promise((resolve) => client.failsLater.subscribe({}, { onError: resolve }))
    expect(error).toMatchObject({ message: 'It broke.', data: { code: 'INTERNAL_SERVER_ERROR' } })
    const mixed: unknown[] = []
    await new Promise<void>((resolve) =>
      client.untracked.subscribe(undefined, { onData: (event) => mixed.push(event), onComplete: resolve }),
    )
    expect(mixed).toEqual([
      'before any id',
      { id: 'a', data: ['with', 1] },
      { without: 'an id' },
      { id: 'b', data: null },
    ])
  })

  it('F19 comes back when it is told to, from its last id', async () => {
    const client = clientOf()
    const got: string[] = []
    client.waits.subscribe({}, { onData: (event) => got.push(event.id) })
    await vi.waitFor(() => expect(got).toEqual(['1']))
    const { url } = served
    const closing = gate.close({ comeBackWithinMs: 100 })
    // The next process takes the port's place.
    const next = createWebSocketGate({
      router: liveRouter,
      createContext: ({ req }) => contextOf(req),
      isAllowedOrigin: () => true,
    })
    served.server.removeAllListeners('upgrade')
    served.server.on('upgrade', next.handleUpgrade)
    await closing
    await vi.waitFor(() => expect(got).toEqual(['1', '2']), { timeout: 5000 })
    expect(url).toBe(served.url)
    closers.push(() => next.close())
  })
})
