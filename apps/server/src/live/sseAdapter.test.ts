import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createTRPCClient, httpSubscriptionLink, type TRPCClientError } from '@trpc/client'
import { EventSource } from 'eventsource'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { paths, seen, serveOurs, serveStock, type LiveRouter, type Served } from './testing/liveRouter.ts'

let stock: Served
let ours: Awaited<ReturnType<typeof serveOurs>>

beforeAll(async () => {
  stock = await serveStock()
  ours = await serveOurs({ stallMs: 300 })
})
afterAll(async () => {
  await Promise.all([stock.close(), ours.close()])
})

type Asking = { path: string; input?: string; headers?: Record<string, string>; query?: string; method?: string }

/** A whole answer as it came over the wire. */
async function ask(served: Served, { path, input, headers = {}, query = '', method = 'GET' }: Asking) {
  const search = `${input === undefined ? '' : `input=${encodeURIComponent(input)}`}${query}`
  const answer = await fetch(`${served.url}/${path}?${search}`, {
    method,
    headers: { authorization: 'Bearer good', ...headers },
  })
  const told = ['content-type', 'cache-control', 'x-accel-buffering', 'vary', 'connection']
  return {
    status: answer.status,
    headers: told.map((name) => [name, answer.headers.get(name)]),
    body: await answer.text(),
  }
}

describe('the same as tRPC’s own adapter, byte for byte', () => {
  const cases: [string, Asking][] = [
    ['events and the end', { path: 'numbers', input: '{}' }],
    ['an event without an id', { path: 'untracked' }],
    ['an event without an id, resumed', { path: 'untracked', headers: { 'last-event-id': 'z' } }],
    ['resumption by header', { path: 'numbers', input: '{"upTo":4}', headers: { 'last-event-id': '2' } }],
    ['resumption by query', { path: 'numbers', input: '{"upTo":4}', query: '&lastEventId=3' }],
    ['resumption without an input', { path: 'numbers', headers: { 'last-event-id': '2' } }],
    ['resumption by input', { path: 'numbers', input: '{"upTo":4,"lastEventId":"1"}' }],
    ['an error before the first event', { path: 'failsFirst' }],
    ['an error before there is a stream', { path: 'failsInSetup' }],
    ['an error in mid-stream', { path: 'failsLater', input: '{"upTo":3}' }],
    ['an input that is refused', { path: 'numbers', input: '{"upTo":"many"}' }],
    ['an input that is missing', { path: 'numbers' }],
    ['an input that is not JSON', { path: 'numbers', input: '{' }],
    ['a stranger', { path: 'numbers', input: '{}', headers: { authorization: 'Bearer bad' } }],
    ['a context that fails', { path: 'numbers', input: '{}', headers: { authorization: 'Bearer broken' } }],
    ['malformed connection parameters', { path: 'numbers', input: '{}', query: '&connectionParams=7' }],
    ['a procedure that does not exist', { path: 'nothing' }],
    ['a batch', { path: 'numbers', input: '{"0":{}}', query: '&batch=1' }],
    ['another method', { path: 'numbers', input: '{}', method: 'POST' }],
    ['a query', { path: 'hello' }],
  ]
  it.each(cases)('F33 %s', async (_name, asking) => {
    const [theirs, mine] = [await ask(stock, asking), await ask(ours, asking)]
    expect(mine).toEqual(theirs)
  })

  it('serves subscriptions of its list itself', () => {
    for (const path of paths)
      expect(ours.adapter.handles({ method: 'GET', url: `/trpc/${path}`, headers: {} })).toBe(true)
    expect(ours.adapter.handles({ method: 'GET', url: '/trpc/hello', headers: {} })).toBe(false)
    expect(ours.adapter.handles({ method: 'GET', url: '/trpc/numbers?batch=1', headers: {} })).toBe(false)
    expect(ours.adapter.handles({ method: 'GET', url: '/elsewhere/numbers', headers: {} })).toBe(false)
  })

  it('F37 pings in silence', async () => {
    const bodies = await Promise.all(
      [stock, ours].map((served) => readUntil(served, 'waits?input={}', 'event: ping\ndata: \n\n\n')),
    )
    expect(bodies[1]).toBe(bodies[0])
  })
})

/** Reads a stream until `end` has come, and leaves. */
async function readUntil(served: Served, path: string, end: string): Promise<string> {
  const leaving = new AbortController()
  const answer = await fetch(`${served.url}/${path}`, {
    headers: { authorization: 'Bearer good' },
    signal: leaving.signal,
  })
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes(end)) text += (await reader.read()).value ?? ''
  leaving.abort()
  return text
}

describe('with the stock link', () => {
  type Watched = { got: unknown[]; end: unknown }

  function clientOf(url: string, authorization = 'Bearer good') {
    const withAuth: typeof fetch = (input, init) =>
      fetch(input, { ...init, headers: { ...(init?.headers as object), authorization } })
    const WithAuth = class extends EventSource {
      constructor(address: string | URL) {
        super(address, { fetch: withAuth })
      }
    }
    return createTRPCClient<LiveRouter>({ links: [httpSubscriptionLink({ url, EventSource: WithAuth as never })] })
  }

  function watch(
    subscribe: (on: { onData(event: unknown): void; onComplete(): void; onError(error: Error): void }) => unknown,
  ) {
    return new Promise<Watched>((resolve) => {
      const got: unknown[] = []
      const end = (reason: Watched['end']) => resolve({ got, end: reason })
      subscribe({ onData: (event) => got.push(event), onComplete: () => end('complete'), onError: end })
    })
  }

  it('gives the events, and completes', async () => {
    const both = [stock, ours].map((served) => watch((on) => clientOf(served.url).numbers.subscribe({}, on)))
    const [theirs, mine] = await Promise.all(both)
    expect(mine).toEqual({
      got: [1, 2, 3, 4, 5].map((number) => ({ id: String(number), data: { number } })),
      end: 'complete',
    })
    expect(mine).toEqual(theirs)
  })

  it.each(['failsFirst', 'failsInSetup'] as const)('gives the error of %s', async (path) => {
    const both = [stock, ours].map((served) => watch((on) => clientOf(served.url)[path].subscribe(undefined, on)))
    const [theirs, mine] = (await Promise.all(both)) as [Watched, Watched]
    expect(mine.end).toMatchObject({ message: expect.any(String), data: { seen: { path } } })
    expect((mine.end as TRPCClientError<LiveRouter>).shape).toEqual((theirs.end as TRPCClientError<LiveRouter>).shape)
  })

  it('tells a stranger why', async () => {
    const { end } = await watch((on) => clientOf(ours.url, 'Bearer bad').numbers.subscribe({}, on))
    expect(end).toMatchObject({ data: { code: 'UNAUTHORIZED', httpStatus: 401 } })
  })
})

describe('a viewer that leaves or does not read', () => {
  it('F38 ends its procedure when it leaves', async () => {
    seen.ended = []
    await readUntil(ours, 'waits?input={}', 'waiting')
    await vi.waitFor(() => expect(seen.ended).toEqual(['waits']))
    await vi.waitFor(() => expect(ours.adapter.viewers()).toBe(0))
  })

  it('F34 is asked for no more than its socket takes, and is cut', async () => {
    seen.ended = []
    const socket = connect(Number(new URL(ours.url).port), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.pause()
    socket.write('GET /trpc/flood HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n')
    await vi.waitFor(() => expect(seen.ended).toEqual(['flood']), { timeout: 5000 })
    // What the kernel's buffers take, and one frame: never what the procedure could make.
    expect(seen.flooded * 32 * 1024).toBeLessThan(16 * 1024 * 1024)
    expect(ours.adapter.viewers()).toBe(0)
    socket.destroy()
  })
})

it('F19 ends all streams so that viewers come back by themselves, from where they were', async () => {
  const served = await serveOurs()
  const again = readUntil(served, 'waits?input={}', 'retry: ')
  await vi.waitFor(() => expect(served.adapter.viewers()).toBe(1))
  const closed = served.adapter.closeAll({ comeBackWithinMs: 500 })
  expect(served.adapter.viewers()).toBe(1)
  const text = await again
  expect(text).toMatch(/retry: \d+\n\n$/)
  expect(text).not.toContain('event: return')
  await closed
  expect(served.adapter.viewers()).toBe(0)
  expect((await ask(served, { path: 'numbers', input: '{}' })).body).toContain('"code":"SERVICE_UNAVAILABLE"')
  await served.close()
})

it('F41 a stopping server hangs up after each stream, so that a viewer comes back on a connection of its own', async () => {
  const served = await serveOurs()
  const [early, late] = [await dial(served), await dial(served)]
  early.write('GET /trpc/waits?input={} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n')
  await vi.waitFor(() => expect(served.adapter.viewers()).toBe(1))
  const closed = served.adapter.closeAll({ comeBackWithinMs: 50 })
  late.write('GET /trpc/waits?input={} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n')
  const [sentAway, refused] = await Promise.all([readToEnd(early), readToEnd(late)])
  expect(sentAway).toContain('retry: 100')
  expect(refused).toContain('The server is restarting.')
  await closed
  await served.close()
})

const dial = async (served: Served): Promise<Socket> => {
  const socket = connect(Number(new URL(served.url).port), '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

async function readToEnd(socket: Socket): Promise<string> {
  let said = ''
  socket.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(socket, 'end')
  return said
}
