import { describe, expect, it } from 'vitest'
import { createClient } from './createClient.ts'
import { followForever } from './followForever.ts'
import { createLinks, type StudioOptions, type WebSocketConstructor } from './links.ts'
import { at, open, serve, text, whole } from './testing/followedTask.ts'

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
