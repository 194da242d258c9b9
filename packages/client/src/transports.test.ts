/** Which transport is used, when another one is, and when a connection is doubted. */
import type { FeedEvent, FollowedEvent } from '@stagewright/core'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { followForever } from './followForever.ts'
import type { Following, FollowTiming } from './following.ts'
import type { Hint } from './hints.ts'
import { createLinks, type StudioOptions, type Transport } from './links.ts'
import type { Permit } from './permit.ts'
import { serveScripts, type Script, type ScriptedOptions, type ScriptedServer } from './testing/scriptedServer.ts'
import { allTransports } from './transportChoice.ts'

vi.setConfig({ testTimeout: 20_000 })

const timing: FollowTiming = { deliverWithinMs: 300, connectWithinMs: 5_000, steadyAfterMs: 1_000, betterAgainMs: 100 }
const patient: FollowTiming = { ...timing, deliverWithinMs: 5_000, betterAgainMs: 60_000 }
const at = (cursor: string): FollowedEvent => ({
  cursor,
  event: { type: 'workspace', eventSeq: Number(cursor), tasks: [] },
})
const last: FollowedEvent = at('9')

/** Comes through, and ends the following. */
const ends: Script = (stream) => {
  stream.connect()
  stream.send(last)
}
const only =
  (transport: Transport, script: Script, otherwise: Script): Script =>
  (stream, asked) =>
    asked.transport === transport ? script(stream, asked) : otherwise(stream, asked)
const connectsOnly: Script = (stream) => stream.connect()

const servers: ScriptedServer[] = []
afterAll(() => Promise.all(servers.map((server) => server.close())))

async function serve(script: Script | [Script, ...Script[]], options?: ScriptedOptions): Promise<ScriptedServer> {
  const server = await serveScripts(Array.isArray(script) ? script : [script], options)
  servers.push(server)
  return server
}

type Given = Partial<Following> & { options?: Partial<StudioOptions>; from?: string | null; silentAfterMs?: number }

/** Follows until event 9, and tells the cursors that came. */
async function follow({ url }: ScriptedServer, { options, from = null, silentAfterMs, ...given }: Given = {}) {
  const whole: StudioOptions = { url, transport: 'auto', ...options }
  const came: string[] = []
  const states: string[] = []
  let cursor = from
  await followForever(createLinks(whole, silentAfterMs === undefined ? {} : { silentAfterMs }), whole, {
    subject: { type: 'live', projectId: undefined },
    signal: new AbortController().signal,
    timing,
    onConnection: (state) => states.push(state),
    cursor: () => cursor,
    async take(followed) {
      came.push((cursor = followed.cursor))
      return seqOf(followed.event) === 9 ? 'done' : 'goOn'
    },
    ...given,
  })
  return { came, states }
}

function seqOf(event: FeedEvent): number {
  return 'type' in event && event.type === 'workspace' ? event.eventSeq : 0
}

const usedBy = ({ asked }: ScriptedServer): Transport[] => asked.map(({ transport }) => transport)

// What they wait for are real times, and each has a server of its own.
describe.concurrent('a transport that connects and brings nothing', () => {
  it('C16 has not come through: the next one is tried after two tries, and so on', async () => {
    const server = await serve(only('polling', ends, connectsOnly))
    expect(await follow(server)).toMatchObject({ came: ['9'] })
    expect(usedBy(server)).toEqual(['sse', 'sse', 'webSocket', 'webSocket', 'polling'])
  })

  it('C16 is given time where there is no other', async () => {
    const server = await serve((stream) => {
      stream.connect()
      setTimeout(() => stream.send(last), 4 * timing.deliverWithinMs)
    })
    expect(await follow(server, { options: { transport: 'sse' } })).toMatchObject({ came: ['9'] })
    expect(usedBy(server)).toEqual(['sse'])
  })

  it('C17 is believed where nothing is missing, and the server says so beside it', async () => {
    const server = await serve((stream, { transport }) => {
      stream.connect()
      if (transport !== 'polling') setTimeout(() => stream.send(last), 4 * timing.deliverWithinMs)
    })
    expect(await follow(server, { from: '3' })).toMatchObject({ came: ['9'] })
    expect(usedBy(server)).toEqual(['sse', 'polling'])
  })

  it('C17 is not believed where something is missing', async () => {
    const server = await serve(only('sse', connectsOnly, ends))
    await follow(server, { from: '3' })
    expect(usedBy(server).filter((transport) => transport !== 'polling')).toEqual(['sse', 'sse', 'webSocket'])
  })

  it('C20 is not gone back to when it is tried again', async () => {
    let trials = 0
    const server = await serve((stream, { transport, cursor }) => {
      stream.connect()
      if (transport === 'webSocket') {
        if (cursor === null) stream.send(at('1'))
        return
      }
      if (++trials === 5) stream.send(at('2'))
    })
    const leaving = new AbortController()
    const following = follow(server, {
      signal: leaving.signal,
      take: async () => 'goOn',
    })
    // Two tries, then two trials beside the WebSocket that bring nothing, then one that does, and the move itself.
    await server.askedTimes(7)
    leaving.abort()
    await following
    expect(usedBy(server)).toEqual(['sse', 'sse', 'webSocket', 'sse', 'sse', 'sse', 'sse'])
  })
})

describe.concurrent('what counts against no transport', () => {
  it('C18 what the server itself says: that it is busy, or restarts', async () => {
    let refusals = 0
    const server = await serve((stream) => {
      stream.connect()
      if (++refusals <= 5) stream.fail(503, { appCode: 'server.busy', params: { retryAfterMs: 1 } })
      else stream.send(last)
    })
    await follow(server)
    expect(usedBy(server)).toEqual(Array.from({ length: 6 }, () => 'sse'))
  })

  it.each(allTransports)(
    'C19 a restart: who came over %s comes back over it, from where it stood',
    async (transport) => {
      let isBack = false
      const server = await serve((stream, asked) => {
        if (asked.transport !== transport) return stream.cut()
        stream.connect()
        stream.send(isBack ? last : at('4'))
      })
      const states: string[] = []
      const { promise: isFollowing, resolve: followed } = Promise.withResolvers<void>()
      const { promise: isAway, resolve: lost } = Promise.withResolvers<void>()
      let failures = 0
      const countFailures: typeof fetch = async (input, init) => {
        try {
          return await fetch(input, init)
        } catch (error) {
          if (awaySinceMs !== null) failures++
          // Long enough to be more than one failure.
          if (failures >= 4 && performance.now() - (awaySinceMs ?? Infinity) > 3_300) lost()
          throw error
        }
      }
      let awaySinceMs: number | null = null
      let cursor: string | null = null
      const options: StudioOptions = { url: server.url, transport: 'auto', fetch: countFailures }
      const following = followForever(createLinks(options), options, {
        subject: { type: 'live', projectId: undefined },
        signal: new AbortController().signal,
        timing: { ...patient, deliverWithinMs: 1_000 },
        cursor: () => cursor,
        onConnection: (state) => states.push(state),
        async take(event) {
          cursor = event.cursor
          followed()
          return cursor === '9' ? 'done' : 'goOn'
        },
      })
      await isFollowing
      const before = server.asked.length
      awaySinceMs = performance.now()
      await server.stop()
      // Each failed try asks whether the server is there, where another transport could be tried: those fail as well.
      await isAway
      isBack = true
      await server.start()
      await following
      expect(server.asked.slice(before)).toMatchObject([{ transport, cursor: '4' }])
      expect(states.slice(-3)).toEqual(['connected', 'away', 'connected'])
    },
    20_000,
  )
})

describe.concurrent('a connection that is doubted', () => {
  it('C21 is replaced at once when the network is back, from where it stood, and was never away', async () => {
    let hint = (_hint: Hint): void => undefined
    const server = await serve((stream, { cursor }) => {
      stream.connect()
      stream.send(cursor === null ? at('4') : last)
      if (cursor === null) setTimeout(() => hint('network'), 50)
    })
    const hurry = (): Promise<Hint> => new Promise((resolve) => (hint = resolve))
    const { states } = await follow(server, { hurry, timing: patient })
    expect(server.asked).toMatchObject([{ cursor: null }, { cursor: '4' }])
    expect(states).toEqual(['connecting', 'connected'])
  })

  it('C21 is kept when it is only looked at again and has come through; one that has not is replaced', async () => {
    let hint = (_hint: Hint): void => undefined
    let asked = 0
    const server = await serve((stream) => {
      if (++asked === 1) return void setTimeout(() => hint('shown'), 1_200)
      stream.connect()
      stream.send(at('4'))
      setTimeout(() => hint('shown'), 1_200)
      setTimeout(() => stream.send(last), 1_400)
    })
    const hurry = (): Promise<Hint> => new Promise((resolve) => (hint = resolve))
    await follow(server, { hurry, timing: patient })
    expect(server.asked).toHaveLength(2)
  })

  it('C21 is replaced at once also while the server is asked whether it is there', async () => {
    let hint = (_hint: Hint): void => undefined
    const server = await serve([(stream) => stream.cut(), ends])
    const silentHealth: typeof fetch = (input, init) => {
      if (!new Request(input).url.endsWith('/health/live')) return fetch(input, init)
      queueMicrotask(() => hint('network'))
      return new Promise((_resolve, reject) =>
        init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
      )
    }
    const hurry = (): Promise<Hint> => new Promise((resolve) => (hint = resolve))
    await follow(server, { hurry, timing: patient, options: { fetch: silentHealth } })
    const [first, second] = server.asked
    expect((second?.atMs ?? Infinity) - (first?.atMs ?? 0)).toBeLessThan(2_000)
  })

  it('C21 begins anew with short waits after a hint', async () => {
    let hint = (_hint: Hint): void => undefined
    let tries = 0
    const server = await serve((stream, asked) => {
      if (++tries === 7) return ends(stream, asked)
      stream.cut()
      // While it waits, which after five failures is for more than a second.
      if (tries === 5) setTimeout(() => hint('network'), 200)
    })
    const hurry = (): Promise<Hint> => new Promise((resolve) => (hint = resolve))
    await follow(server, { hurry, options: { transport: 'sse' } })
    const [sixth, seventh] = server.asked.slice(5)
    expect((seventh?.atMs ?? Infinity) - (sixth?.atMs ?? 0)).toBeLessThan(1_500)
  })

  it.each(['sse', 'webSocket'] as const)(
    'C22 is replaced when it is silent for 2.5 heartbeats: %s',
    async (transport) => {
      const server = await serve(
        (stream, { cursor }) => {
          stream.connect()
          stream.send(cursor === null ? at('4') : last)
        },
        { silentAfterMs: 200 },
      )
      await follow(server, { options: { transport }, silentAfterMs: 200, timing: patient })
      expect(server.asked).toMatchObject([
        { transport, cursor: null },
        { transport, cursor: '4' },
      ])
      const [first, second] = server.asked
      expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(195)
    },
  )
})

it('C25 a WebSocket that is sent away is left at once: what it still says is not read, and the next one is dialled anew', async () => {
  const server = await serve((stream, { cursor }) => {
    stream.connect()
    if (cursor !== null) return stream.send(last)
    stream.send(at('4'))
    stream.sendAway()
    stream.send(at('5'))
  })
  const { came, states } = await follow(server, { options: { transport: 'webSocket' }, timing: patient })
  expect(came).toEqual(['4', '9'])
  expect(states).toEqual(['connecting', 'connected', 'away', 'connected'])
  expect(server.asked).toMatchObject([{ cursor: null }, { cursor: '4' }])
})

describe.concurrent('permits', () => {
  it('C23 follows over what is permitted only, leaves when that is taken back, and goes on from where it stood', async () => {
    const first = new AbortController()
    const permits: [Permit, Permit] = [
      { transports: ['webSocket', 'polling'], signal: first.signal },
      { transports: allTransports, signal: new AbortController().signal },
    ]
    const gone = Promise.withResolvers<void>()
    const server = await serve((stream, { transport }) => {
      stream.connect()
      stream.send(transport === 'webSocket' ? at('4') : last)
    })
    const asked: number[] = []
    const states: string[] = []
    let cursor: string | null = null
    await follow(server, {
      timing: patient,
      onConnection: (state) => states.push(state),
      permit: async () => {
        asked.push(server.asked.length)
        // The connection of the first is over before the second is asked for.
        if (asked.length === 2) await gone.promise
        return asked.length === 1 ? permits[0] : permits[1]
      },
      cursor: () => cursor,
      async take(followed) {
        cursor = followed.cursor
        if (cursor === '9') return 'done'
        first.abort()
        gone.resolve()
        return 'goOn'
      },
    })
    expect(server.asked).toMatchObject([
      { transport: 'webSocket', cursor: null },
      { transport: 'sse', cursor: '4' },
    ])
    expect(asked).toEqual([0, 1])
    expect(states).toEqual(['connecting', 'connected'])
  })

  it('C23 keeps its permit however often it is cut', async () => {
    let cuts = 0
    const server = await serve((stream) => {
      if (++cuts < 4) return stream.cut()
      stream.connect()
      stream.send(last)
    })
    let asked = 0
    const permit = async (): Promise<Permit> => {
      asked++
      return { transports: ['sse'], signal: new AbortController().signal }
    }
    await follow(server, { permit })
    expect([asked, server.asked.length]).toEqual([1, 4])
  })
})
