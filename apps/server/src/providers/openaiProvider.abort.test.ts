import { describe, expect, it } from 'vitest'
import { createOpenaiProvider } from './openaiProvider.ts'
import { createQuirkStore } from './quirks.ts'
import { collectCall, createGate, pacedScript, readClockMs, type Script } from './testing/index.ts'
import { describeProvider, describeRequest, openProvider, openRawServer } from './testing/scriptedCall.ts'

// Ten times what is to be reached, for busy machines; the provider's own waits below are far longer.
const promptMs = 2500
const limits = { usageGraceMs: 60_000 }

/** Calls a provider that plays `script`, aborts when `until` is reached, and returns how it ended. */
async function abortCall(
  script: Script,
  until: 'request' | 'text',
): Promise<{ closedAfterMs: number; text: string; sent: string; type: string }> {
  const provider = await openProvider(script)
  const aborting = new AbortController()
  let abortedAtMs = 0
  const abort = () => {
    abortedAtMs = readClockMs()
    aborting.abort()
  }
  if (until === 'request') void provider.exchange(1).then(abort)
  const stream = createOpenaiProvider(describeProvider(provider.baseUrl, { limits })).stream(
    describeRequest({ signal: aborting.signal }),
  )
  const { text, outcome } = await collectCall(stream, (event) => {
    if (event.type === 'text' && until === 'text' && abortedAtMs === 0) abort()
  })
  const exchange = await provider.exchange(1)
  return { closedAfterMs: (await exchange.closed) - abortedAtMs, text, sent: exchange.sentText, type: outcome.type }
}

describe('an abort ends the call as aborted and closes its socket at once', () => {
  const moments: Record<string, [Script, 'request' | 'text']> = {
    'before the headers': [() => undefined, 'request'],
    'within the headers': [(exchange) => exchange.raw('HTTP/1.1 200 OK\r\ncontent-'), 'request'],
    'before the first token': [(exchange) => exchange.head(), 'request'],
    'in the middle, while the provider is silent': [
      async (exchange) => {
        await exchange.head()
        await exchange.text('some')
      },
      'text',
    ],
    'in the middle of a flood': [pacedScript({ tokens: 1e6, tokensPerSecond: Infinity }), 'text'],
    'within an error': [(exchange) => exchange.raw('HTTP/1.1 500 X\r\ncontent-length: 99\r\n\r\n{"err'), 'request'],
    'after the finish reason, waiting for the usage': [
      async (exchange) => {
        await exchange.head()
        await exchange.text('all', 'stop')
      },
      'text',
    ],
    'between a refused parameter and the second call': [
      (exchange) => exchange.raw('HTTP/1.1 400 X\r\ncontent-length: 99\r\n\r\n{"error":{"param":"stream_options"}}'),
      'request',
    ],
  }
  it.each(Object.entries(moments))('W6 %s', async (_name, [script, until]) => {
    const { closedAfterMs, text, sent, type } = await abortCall(script, until)
    expect(type).toBe('aborted')
    expect(closedAfterMs).toBeLessThan(promptMs)
    expect(sent.startsWith(text)).toBe(true)
  })

  it('W6 while the reader is busy elsewhere', async () => {
    const provider = await openProvider(pacedScript({ tokens: 1e6, tokensPerSecond: 1000 }))
    const aborting = new AbortController()
    const stream = createOpenaiProvider(describeProvider(provider.baseUrl, { limits })).stream(
      describeRequest({ signal: aborting.signal }),
    )
    await stream.next()
    await stream.next()
    const exchange = await provider.exchange(1)
    const abortedAtMs = readClockMs()
    aborting.abort()
    // The generator is not asked for anything: the socket must not wait for it.
    expect((await exchange.closed) - abortedAtMs).toBeLessThan(promptMs)
    expect((await collectCall(stream)).outcome).toEqual({ type: 'aborted' })
  })

  it('W6 during the TLS handshake', async () => {
    const hello = createGate()
    const baseUrl = await openRawServer(() => hello.open(), 'https')
    const aborting = new AbortController()
    void hello.opened.then(() => aborting.abort())
    const stream = createOpenaiProvider(describeProvider(baseUrl)).stream(describeRequest({ signal: aborting.signal }))
    expect((await collectCall(stream)).outcome).toEqual({ type: 'aborted' })
  })

  it('while the name is being resolved, and while nothing was asked yet', async () => {
    const aborting = new AbortController()
    const resolve = () => {
      aborting.abort()
      return new Promise<never>(() => undefined)
    }
    const options = describeProvider('http://models.test/v1', { allowPrivate: false, resolve })
    const stream = () => createOpenaiProvider(options).stream(describeRequest({ signal: aborting.signal }))
    expect((await collectCall(stream())).outcome).toEqual({ type: 'aborted' })
    expect(await collectCall(stream())).toMatchObject({ events: [], outcome: { type: 'aborted' } })
  })

  it('between the announcement and the request: nothing is sent', async () => {
    const provider = await openProvider(() => undefined)
    const aborting = new AbortController()
    const stream = createOpenaiProvider(describeProvider(provider.baseUrl, { limits })).stream(
      describeRequest({ signal: aborting.signal }),
    )
    const { outcome } = await collectCall(stream, () => aborting.abort())
    expect(outcome).toEqual({ type: 'aborted' })
    expect(provider.connections).toBe(0)
  })

  it('a model that cannot stream is aborted as promptly', async () => {
    const provider = await openProvider(() => undefined)
    const quirks = createQuirkStore()
    quirks.remember('p1', 'm1', ['stream'])
    const aborting = new AbortController()
    void provider.exchange(1).then(() => aborting.abort())
    const stream = createOpenaiProvider(describeProvider(provider.baseUrl, { quirks })).stream(
      describeRequest({ signal: aborting.signal }),
    )
    expect((await collectCall(stream)).outcome).toEqual({ type: 'aborted' })
    await provider.idle()
  })
})

it('W7 leaves no listener on the signal and no socket behind, however 60 calls end', async () => {
  const provider = await openProvider(pacedScript({ tokens: 20, tokensPerSecond: Infinity }))
  const { signal, added, removed } = countListeners()
  const socketsBefore = countSockets()
  for (let round = 0; round < 60; round++) {
    provider.play(
      (
        [
          pacedScript({ tokens: 20, tokensPerSecond: Infinity }),
          (exchange) => exchange.reset(),
          (exchange) => exchange.answer(500, ''),
        ] as Script[]
      )[round % 3] as Script,
    )
    await collectCall(
      createOpenaiProvider(describeProvider(provider.baseUrl, { limits })).stream(describeRequest({ signal })),
    )
  }
  await provider.idle()
  expect(added()).toBeGreaterThanOrEqual(60)
  expect(removed()).toBe(added())
  expect(countSockets()).toBe(socketsBefore)
})

function countListeners(): { signal: AbortSignal; added: () => number; removed: () => number } {
  const { signal } = new AbortController()
  let added = 0
  let removed = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    added += 1
    add(...args)
  }
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    removed += 1
    remove(...args)
  }
  return { signal, added: () => added, removed: () => removed }
}

function countSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
}
