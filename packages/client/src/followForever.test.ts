import { createHash } from 'node:crypto'
import { TRPCClientError } from '@trpc/client'
import type { FeedEvent, FeedView, FollowedEvent } from '@stagewright/core'
import { onTestFinished, describe, expect, it } from 'vitest'
import { createClient, type FollowOptions } from './createClient.ts'
import { followForever } from './followForever.ts'
import { createLinks, type StudioOptions, type WebSocketConstructor } from './links.ts'
import { startScriptedServer, type Script, type ScriptedServer } from './testing/scriptedServer.ts'

const text = 'Once 字🎬.'
const open = (words: string, from = 0): FeedEvent => ({
  type: 'open',
  rewriteNo: 1,
  rewriteId: 'r',
  stage: 'rewrite',
  attempt: 1,
  from,
  text: words,
  closed: null,
})
const closed: FeedEvent = {
  type: 'closed',
  rewriteNo: 1,
  attempt: 1,
  length: text.length,
  ending: 'complete',
  sha256: createHash('sha256').update(text).digest('hex'),
}
const end: FeedEvent = {
  type: 'end',
  taskId: 't',
  status: 'completed',
  failure: null,
  rewrites: [],
  usage: { promptTokens: 1, completionTokens: 1, estimated: false },
}
const at = (cursor: string, event: FeedEvent): FollowedEvent => ({ cursor, event })

/** The whole text in order, and the end. */
const whole: Script = (stream) => {
  stream.connect()
  stream.send(at('a', open(text)), at('b', closed), at('c', end))
}

async function serve(...scripts: [Script, ...Script[]]): Promise<ScriptedServer> {
  const server = await startScriptedServer(...scripts)
  onTestFinished(() => server.close())
  return server
}

/** The last view of a task, and the repairs on the way to it. */
async function follow({ url }: ScriptedServer, given: FollowOptions = {}, options: Partial<StudioOptions> = {}) {
  const repairs: string[] = []
  const views: FeedView[] = []
  for await (const view of createClient({ url, ...options }).follow('t', {
    onRepair: (reason) => repairs.push(reason),
    ...given,
  }))
    views.push(view)
  return { text: views.at(-1)?.current?.text, repairs }
}

/** How long it was between each time it was asked and the next, in milliseconds. */
function waitsOf({ asked }: ScriptedServer): number[] {
  return asked.slice(1).map(({ atMs }, index) => atMs - (asked[index]?.atMs ?? 0))
}

describe('coming back', () => {
  it('asks from the last cursor after a cut, soon, however often it is cut', async () => {
    const cutAfter =
      (event: FollowedEvent): Script =>
      (stream) => {
        stream.connect()
        stream.send(event)
        setImmediate(() => stream.response.destroy())
      }
    const server = await serve(
      cutAfter(at('a', open('O'))),
      cutAfter(at('b', open('n', 1))),
      cutAfter(at('c', open('c', 2))),
      cutAfter(at('d', open('e ', 3))),
      (stream) => {
        stream.connect()
        stream.send(at('e', open('', 5)), at('f', [1, 5, '字🎬.']), at('g', closed), at('h', end))
      },
    )
    expect(await follow(server)).toEqual({ text, repairs: [] })
    expect(server.asked.map(({ cursor }) => cursor)).toEqual([null, 'a', 'b', 'c', 'd'])
    expect(Math.max(...waitsOf(server))).toBeLessThan(800)
  })

  it.each<[string, Script]>([
    [
      'an error that names it',
      (stream) => {
        stream.connect()
        stream.fail(503, { appCode: 'server.busy', params: { retryAfterMs: 600 } })
      },
    ],
    [
      'a stream that names it at its end',
      (stream) => {
        stream.connect()
        stream.response.end('retry: 600\n\n')
      },
    ],
  ])('C15 waits as long as the server wants: %s', async (_what, script) => {
    const server = await serve(script, whole)
    expect(await follow(server)).toEqual({ text, repairs: [] })
    const [waitedMs] = waitsOf(server)
    expect(waitedMs).toBeGreaterThanOrEqual(595)
    expect(waitedMs).toBeLessThan(1_500)
  })

  it('waits longer and longer for a server that sends something and then an error, again and again', async () => {
    const server = await serve((stream) => {
      stream.connect()
      stream.send(at('a', open('Once ')))
      stream.fail(500, { appCode: 'server.internal' })
    })
    const leaving = new AbortController()
    const following = follow(server, { signal: leaving.signal })
    await server.askedTimes(4)
    leaving.abort()
    await following
    expect(waitsOf(server)[2]).toBeGreaterThanOrEqual(390)
  })

  it('C13 takes pages of something in between for a broken connection, whatever their status', async () => {
    const page =
      (status: number): Script =>
      ({ response }) =>
        void response.writeHead(status, { 'content-type': 'text/html' }).end('<p>')
    const server = await serve(page(404), page(401), page(200), whole)
    expect(await follow(server)).toEqual({ text, repairs: [] })
  })

  it('C8 comes back at once on a hint, and asks for one hint at a time', async () => {
    const hints: (() => void)[] = []
    let openCount = 0
    let mostOpen = 0
    const hurry = async (): Promise<void> => {
      mostOpen = Math.max(mostOpen, ++openCount)
      await new Promise<void>((resolve) => hints.push(resolve))
      openCount--
    }
    const server = await serve(
      ({ response }) => void response.destroy(),
      ({ response, connect }) => {
        connect()
        response.end('retry: 3600000\n\n')
        // It comes after the end was heard of.
        response.once('close', () => setTimeout(() => hints[0]?.(), 100))
      },
      whole,
    )
    expect(await follow(server, { hurry })).toEqual({ text, repairs: [] })
    expect(mostOpen).toBe(1)
  })

  it.each([
    [400, 'cursor.invalid'],
    [401, 'auth.required'],
    [404, 'notFound'],
  ])(
    'C4 throws an answer that will not change (%i), with its code, also when stream and error come in one piece',
    async (status, appCode) => {
      for (let times = 0; times < 20; times++) {
        const server = await serve((stream) => stream.refuse(status, { appCode }))
        const error: unknown = await follow(server).catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(TRPCClientError)
        expect((error as { data: unknown }).data).toMatchObject({ httpStatus: status, appCode })
        expect(server.asked).toHaveLength(1)
      }
    },
  )

  it('throws it too when the answer and its end are there at the same moment', async () => {
    const shape = { code: -32600, message: 'no', data: { code: '', httpStatus: 404, appCode: 'notFound', params: {} } }
    const body = `event: connected\ndata: {}\n\nevent: serialized-error\ndata: ${JSON.stringify(shape)}\n\n`
    let asked = 0
    const atOnce: typeof fetch = async () => {
      if (++asked > 1) throw new TypeError('asked again')
      return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
    }
    const views = createClient({ url: 'http://127.0.0.1:9', fetch: atOnce }).follow('t')
    await expect(views.next()).rejects.toMatchObject({ data: { appCode: 'notFound' } })
  })

  it('throws what the reader of its events throws', async () => {
    const server = await serve(whole)
    const onEvent = (): never => {
      throw new Error('mine')
    }
    await expect(follow(server, { onEvent })).rejects.toThrow('mine')
  })
})

it('ends while it waits, and its connection with it, when its reader leaves', async () => {
  const gone = Promise.withResolvers<void>()
  const server = await serve((stream) => {
    stream.response.once('close', gone.resolve)
    stream.connect()
    stream.send(at('a', open('Once ')))
  })
  const views = createClient({ url: server.url }).follow('t')
  expect((await views.next()).value?.current?.text).toBe('Once ')
  const pending = views.next()
  await views.return()
  expect(await pending).toEqual({ done: true, value: undefined })
  await gone.promise
})

describe('repair', () => {
  it('C9 asks again from where it stands when something is missing', async () => {
    const server = await serve(
      (stream) => {
        stream.connect()
        stream.send(at('a', open('Once ')), at('z', [1, 7, '.']))
      },
      (stream) => {
        stream.connect()
        stream.send(at('b', open('字🎬.', 5)), at('d', closed), at('e', end))
      },
    )
    const seen = await follow(server)
    expect([seen.text, seen.repairs.length]).toEqual([text, 1])
    expect(server.asked.map(({ cursor }) => cursor)).toEqual([null, 'a'])
  })

  it('C10 asks for everything anew when a finished text has another hash than the stored one', async () => {
    const server = await serve((stream) => {
      stream.connect()
      stream.send(at('a', open(text.replace('O', '0'))), at('b', closed), at('c', end))
    }, whole)
    const seen = await follow(server)
    expect([seen.text, seen.repairs.length]).toEqual([text, 1])
    expect(server.asked.map(({ cursor }) => cursor)).toEqual([null, null])
  })
})

describe('transports that do not come through', () => {
  /** SSE answers that get stuck on the way while `isStuck()`. */
  const stickingFetch =
    (isStuck: () => boolean): typeof fetch =>
    (input, init) => {
      const isStream = new Headers(init?.headers).get('accept') === 'text/event-stream'
      if (!isStream || !isStuck()) return fetch(input, init)
      return new Promise((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
      )
    }
  /** A WebSocket constructor that never gets anywhere. */
  const blockedWebSocket = (onTry: () => void = () => undefined): WebSocketConstructor => {
    function Blocked(): never {
      onTry()
      throw new Error('There is no way for a WebSocket here.')
    }
    return Blocked as unknown as WebSocketConstructor
  }

  it('C11 are given up one after the other, and SSE is gone back to when it comes through again', async () => {
    let isStuck = true
    const server = await serve(whole)
    const polled: string[] = []
    const answerPolls: typeof fetch = async (input, init) => {
      const address = new Request(input).url
      if (!address.includes('tasks.poll')) return stickingFetch(() => isStuck)(input, init)
      polled.push(address)
      isStuck = false
      return Response.json([{ result: { data: [at('a', open('Once '))] } }])
    }
    const options: StudioOptions = {
      url: server.url,
      transport: 'auto',
      fetch: answerPolls,
      WebSocket: blockedWebSocket(),
    }
    const states: string[] = []
    const texts: string[] = []
    await followForever(createLinks(options), options, {
      subject: { type: 'task', taskId: 't' },
      signal: new AbortController().signal,
      cursor: () => null,
      onConnection: (state) => states.push(state),
      take: async ({ event }) => {
        if ('type' in event && event.type === 'open') texts.push(event.text)
        return 'type' in event && event.type === 'end' ? 'done' : 'goOn'
      },
      timing: { deliverWithinMs: 100, connectWithinMs: 1_000, steadyAfterMs: 1_000, betterAgainMs: 150 },
    })
    expect(texts.slice(-1)).toEqual([text])
    expect(texts[0]).toBe('Once ')
    expect(states).toEqual(['connecting', 'away', 'connected'])
    expect(polled).toHaveLength(1)
  })

  it('C12 are not given up while the server itself is away', async () => {
    const leaving = new AbortController()
    let openings = 0
    let tries = 0
    const away: typeof fetch = async () => {
      if (++tries > 8) leaving.abort()
      throw new TypeError('fetch failed')
    }
    const client = createClient({
      url: 'http://127.0.0.1:9',
      transport: 'auto',
      fetch: away,
      WebSocket: blockedWebSocket(() => openings++),
    })
    for await (const view of client.follow('t', { signal: leaving.signal })) void view
    expect(openings).toBe(0)
  })
})
