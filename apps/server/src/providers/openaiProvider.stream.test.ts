import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createOpenaiProvider } from './openaiProvider.ts'
import { callScript, describeProvider, describeRequest, openProvider, plantedKey } from './testing/scriptedCall.ts'
import { collectCall, createGate, pacedScript, type Exchange, type Script } from './testing/index.ts'

const sample = 'Ä 字\u0000 🎬 "q" \\ \n\n data: x \r\n \uFEFF e\u0301 [DONE] '

/** A script that sends these pieces and ends well. */
function tell(pieces: readonly string[], before: (exchange: Exchange) => void = () => undefined): Script {
  return async (exchange) => {
    before(exchange)
    await exchange.head()
    for (const piece of pieces) await exchange.text(piece)
    await exchange.finish()
    await exchange.usage(3, 4)
    await exchange.done()
    await exchange.end()
  }
}

const usage = { promptTokens: 3, completionTokens: 4, estimated: false }

describe('a call that ends well', () => {
  it('says where it goes, yields what was sent, and ends with reason and usage', async () => {
    const { events, text, outcome, provider } = await callScript(tell(['Hel', 'lo', sample]))
    expect(events[0]).toEqual({ type: 'sent', providerId: 'p1', providerName: 'Acme', model: 'm1' })
    expect(events.filter(({ type }) => type === 'sent')).toHaveLength(1)
    expect(text).toBe(provider.exchanges[0]?.sentText)
    expect(text).toBe(`Hello${sample}`)
    expect(outcome).toEqual({ type: 'finished', reason: 'stop', usage })
  })

  it('W23 sends the messages, the key and nothing of this machine', async () => {
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-planted: environment')
    vi.stubEnv('OPENAI_ORG_ID', 'planted-org')
    onTestFinished(() => void vi.unstubAllEnvs())
    const { provider } = await callScript(tell(['a']), { maxTokens: 77 }, { format: 'json', model: 'm2' })
    const { method, path, headers, json } = (await provider.exchange(1)).request
    expect(`${method} ${path}`).toBe('POST /v1/chat/completions')
    expect(json).toEqual({
      model: 'm2',
      messages: [{ role: 'user', content: 'Write.' }],
      stream: true,
      stream_options: { include_usage: true },
      max_tokens: 77,
      response_format: { type: 'json_object' },
    })
    expect(headers.authorization).toBe(`Bearer ${plantedKey}`)
    expect(Object.keys(headers).toSorted()).toEqual([
      'accept',
      'accept-encoding',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
    ])
  })

  it('writes nothing to the console, whatever the environment asks of the SDK', async () => {
    vi.stubEnv('OPENAI_LOG', 'debug')
    const spies = (['debug', 'info', 'warn', 'error', 'log'] as const).map((level) => vi.spyOn(console, level))
    onTestFinished(() => {
      vi.unstubAllEnvs()
      vi.restoreAllMocks()
    })
    await callScript(tell(['a']))
    await callScript((exchange) => exchange.answer(200, 'data: {broken\n\n', { 'content-type': 'text/event-stream' }))
    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
  })

  it('sends no authorization where there is no key', async () => {
    const { provider, outcome } = await callScript(tell(['a']), { apiKey: null })
    expect(outcome.type).toBe('finished')
    expect((await provider.exchange(1)).request.headers).not.toHaveProperty('authorization')
  })

  for (const eol of ['\n', '\r', '\r\n'] as const) {
    it(`reads bytes one by one with ${JSON.stringify(eol)} as line end`, async () => {
      const { text, outcome, provider } = await callScript(
        tell([sample, '🎬'], (exchange) => exchange.frame({ eol, sliceBytes: 1 })),
      )
      expect(text).toBe(provider.exchanges[0]?.sentText)
      expect(outcome).toEqual({ type: 'finished', reason: 'stop', usage })
    })
  }

  it('passes on halves of a surrogate pair in two deltas', async () => {
    const { events, text } = await callScript(tell(['\ud83c', '\udfac']))
    expect(events.slice(1)).toEqual([
      { type: 'text', text: '\ud83c' },
      { type: 'text', text: '\udfac' },
    ])
    expect(text).toBe('🎬')
  })

  it('yields each token before the next is sent', async () => {
    const gates = [createGate(), createGate(), createGate()]
    const script: Script = async (exchange) => {
      await exchange.head()
      for (const gate of gates) {
        await exchange.text('token')
        await gate.opened
      }
      await exchange.finish()
      await exchange.end()
    }
    let seen = 0
    const { outcome } = await callScript(script, {}, {}, (event) => {
      if (event.type === 'text') gates[seen++]?.open()
    })
    expect(seen).toBe(3)
    expect(outcome.type).toBe('finished')
  })

  it('yields nothing for comments, empty deltas, nulls and other choices', async () => {
    const { events, outcome } = await callScript(async (exchange) => {
      await exchange.head()
      await exchange.comment('ping')
      await exchange.text('')
      for (const chunk of [
        null,
        5,
        [],
        {},
        { choices: null },
        { choices: [null] },
        { choices: [{ index: 0, delta: null }] },
      ]) {
        await exchange.event(chunk)
      }
      await exchange.event({
        choices: [
          { index: 1, delta: { content: 'other' }, finish_reason: 'stop' },
          { index: 0, delta: { content: 'mine' } },
        ],
      })
      await exchange.write('event: ping\nid: 7\nretry: 5\ndata: {}\n\n')
      await exchange.event({ choices: [{ index: 1, delta: {}, finish_reason: 'length' }] })
      await exchange.finish('stop')
      await exchange.end()
    })
    expect(events.slice(1)).toEqual([{ type: 'text', text: 'mine' }])
    expect(outcome).toEqual({ type: 'finished', reason: 'stop', usage: null })
  })

  it('W10 keeps reasoning apart, under both of its names', async () => {
    const { reasoning, text } = await callScript(async (exchange) => {
      await exchange.head()
      await exchange.reasoning('first ')
      await exchange.event({ choices: [{ index: 0, delta: { reasoning: 'then' } }] })
      await exchange.text('text')
      await exchange.finish()
      await exchange.end()
    })
    expect({ reasoning, text }).toEqual({ reasoning: 'first then', text: 'text' })
  })

  it.each([
    ['length', 'length'],
    ['content_filter', 'contentFilter'],
    ['stop', 'stop'],
  ])('ends %s as %s', async (said, reason) => {
    const { outcome } = await callScript(async (exchange) => {
      await exchange.head()
      await exchange.text('a')
      await exchange.finish(said)
      await exchange.done()
      await exchange.end()
    })
    expect(outcome).toEqual({ type: 'finished', reason, usage: null })
  })

  it.each([-1, 1e18, 0.5, '12', null])('W9 takes %j tokens for no usage', async (completionTokens) => {
    const { outcome } = await callScript(async (exchange) => {
      await exchange.head()
      await exchange.text('a')
      await exchange.finish()
      await exchange.event({ choices: [], usage: { prompt_tokens: 1, completion_tokens: completionTokens } })
      await exchange.done()
      await exchange.end()
    })
    expect(outcome).toEqual({ type: 'finished', reason: 'stop', usage: null })
  })
})

describe('after the finish reason nothing takes the text away', () => {
  const afterwards: Record<string, (exchange: Exchange) => Promise<void> | void> = {
    'broken JSON': (exchange) => exchange.event('{"choices": ['),
    'an error object': (exchange) => exchange.event({ error: { message: 'late' } }),
    'a reset': (exchange) => exchange.reset(),
    'the end without a final chunk': (exchange) => exchange.halfClose(),
    'broken framing': (exchange) => exchange.raw('zz\r\n'),
    'too many bytes': (exchange) => exchange.comment('x'.repeat(5000)),
  }
  it.each(Object.entries(afterwards))('W8 %s', async (_name, afterward) => {
    const { text, outcome } = await callScript(
      async (exchange) => {
        await exchange.head()
        await exchange.text('all')
        await exchange.finish()
        await afterward(exchange)
      },
      { limits: { bytes: 4000, usageGraceMs: 200 } },
    )
    expect({ text, outcome }).toEqual({ text: 'all', outcome: { type: 'finished', reason: 'stop', usage: null } })
  })

  it('W8 nor a provider that never ends: the grace for the usage is over, the socket closed', async () => {
    const script: Script = async (exchange) => {
      await exchange.head()
      await exchange.text('all')
      await exchange.finish()
      await exchange.closed
    }
    const { outcome, provider } = await callScript(script, { limits: { usageGraceMs: 50 } })
    expect(outcome).toEqual({ type: 'finished', reason: 'stop', usage: null })
    await provider.idle()
  })

  it('and text after an early finish reason still counts', async () => {
    const { text } = await callScript(async (exchange) => {
      await exchange.head()
      for (const piece of ['one', 'two']) await exchange.text(piece, 'stop')
      await exchange.done()
      await exchange.end()
    })
    expect(text).toBe('onetwo')
  })
})

describe('the socket', () => {
  it('is closed by us after the end, though the provider would keep it', async () => {
    const provider = await openProvider(tell(['a']))
    const call = () => collectCall(createOpenaiProvider(describeProvider(provider.baseUrl)).stream(describeRequest()))
    for (let round = 1; round <= 3; round++) {
      await call()
      const endedMs = performance.now()
      await provider.idle()
      expect(performance.now() - endedMs).toBeLessThan(2000)
    }
    expect(provider.connections).toBe(3)
    expect((await provider.exchange(1)).request.headers.connection).toBe('close')
  })

  it('W6 is closed when the reader leaves in the middle', async () => {
    const provider = await openProvider(pacedScript({ tokens: 100_000, tokensPerSecond: 1000 }))
    for await (const event of createOpenaiProvider(describeProvider(provider.baseUrl)).stream(describeRequest())) {
      if (event.type === 'text') break
    }
    await provider.idle()
    expect(provider.exchanges[0]?.isClosed).toBe(true)
  })

  it('W22 is not read further while the reader does not read', async () => {
    const token = 'x'.repeat(60_000)
    const provider = await openProvider(pacedScript({ tokens: 400, tokensPerSecond: Infinity, tokenOf: () => token }))
    const stream = createOpenaiProvider(
      describeProvider(provider.baseUrl, { limits: { bytes: 1e9, textBytes: 1e9 } }),
    ).stream(describeRequest())
    await stream.next()
    await stream.next()
    const exchange = await provider.exchange(1)
    // No event tells that buffers are full: two looks half a second apart that see the same must do.
    let before = -1
    for (; before !== exchange.sentText.length; await new Promise((resolve) => setTimeout(resolve, 500)))
      before = exchange.sentText.length
    expect(exchange.sentText.length).toBeLessThan(token.length * 300)
    await stream.return({ type: 'aborted' })
    await provider.idle()
  })
})
