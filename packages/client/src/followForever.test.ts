import { TRPCClientError } from '@trpc/client'
import type { FollowedEvent } from '@stagewright/core'
import { describe, expect, it } from 'vitest'
import { createClient } from './createClient.ts'
import { at, closed, end, follow, open, serve, text, whole } from './testing/followedTask.ts'
import type { Script, ScriptedServer } from './testing/scriptedServer.ts'

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
