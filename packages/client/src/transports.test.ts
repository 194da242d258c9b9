/** Which transport is used, and when another one is. */
import { afterAll, describe, expect, it, vi } from 'vitest'
import { followForever } from './followForever.ts'
import { createLinks, type StudioOptions, type Transport } from './links.ts'
import type { Permit } from './permit.ts'
import { at, closeServers, ends, follow, last, patient, serve, timing, usedBy } from './testing/followScripts.ts'
import type { Script } from './testing/scriptedServer.ts'
import { allTransports } from './transportChoice.ts'

vi.setConfig({ testTimeout: 20_000 })
afterAll(closeServers)

const only =
  (transport: Transport, script: Script, otherwise: Script): Script =>
  (stream, asked) =>
    asked.transport === transport ? script(stream, asked) : otherwise(stream, asked)
const connectsOnly: Script = (stream) => stream.connect()

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
