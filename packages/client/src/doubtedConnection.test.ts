/** When a connection is doubted, and left. */
import { afterAll, describe, expect, it, vi } from 'vitest'
import type { Hint } from './hints.ts'
import { at, closeServers, ends, follow, last, patient, serve } from './testing/followScripts.ts'

vi.setConfig({ testTimeout: 20_000 })
afterAll(closeServers)

// What they wait for are real times, and each has a server of its own.
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
