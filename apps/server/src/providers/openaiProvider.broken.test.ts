import { describe, expect, it } from 'vitest'
import { createOpenaiProvider } from './openaiProvider.ts'
import { collectCall, type Exchange, type Script } from './testing/index.ts'
import {
  answer,
  callScript,
  describeProvider,
  describeRequest,
  failScript,
  failureOf,
  openProvider,
} from './testing/scriptedCall.ts'

describe('a stream that does not reach its finish reason is a failure', () => {
  const endings: Record<string, (exchange: Exchange) => Promise<void> | void> = {
    'just ends': (exchange) => exchange.end(),
    'ends with [DONE]': (exchange) => exchange.done(),
    'is cut': (exchange) => exchange.halfClose(),
    'is reset': (exchange) => exchange.reset(),
    'loses its framing': (exchange) => exchange.raw('this is no chunk\r\n'),
    'says it broke': (exchange) => exchange.event({ choices: [{ index: 0, delta: {}, finish_reason: 'error' }] }),
  }
  it.each(Object.entries(endings))('W3 %s, after text', async (_name, ending) => {
    const { text, outcome } = await callScript(async (exchange) => {
      await exchange.head()
      await exchange.text('so far')
      await ending(exchange)
    })
    expect(text).toBe('so far')
    expect(failureOf(outcome)).toMatchObject({
      code: 'provider.interrupted',
      transient: false,
      params: { provider: 'Acme', model: 'm1' },
    })
  })

  it('reset before the first token: may be repeated', async () => {
    const failure = await failScript(async (exchange) => {
      await exchange.head()
      await exchange.comment('hold on')
      exchange.reset()
    })
    expect(failure).toMatchObject({ code: 'provider.interrupted', transient: true })
  })

  it('keeps the usage it was told', async () => {
    const { outcome } = await callScript(async (exchange) => {
      await exchange.head()
      await exchange.text('a')
      await exchange.usage(5, 6)
      await exchange.event({ choices: [] })
      await exchange.end()
    })
    expect(outcome).toMatchObject({ type: 'failed', usage: { promptTokens: 5, completionTokens: 6 } })
  })

  it('broken JSON in the middle', async () => {
    const { text, outcome } = await callScript(async (exchange) => {
      await exchange.head()
      await exchange.text('so far')
      await exchange.event('{"choices": [')
      await exchange.text('never read')
      await exchange.end()
    })
    expect(text).toBe('so far')
    expect(failureOf(outcome)).toMatchObject({ code: 'provider.badAnswer', transient: false })
  })

  it.each([
    [{ message: 'Overloaded', type: 'overloaded_error' }, 'provider.failed'],
    ['Overloaded', 'provider.failed'],
    [{ message: 'slow', code: 'rate_limit_exceeded' }, 'provider.rateLimited'],
    [{ message: 'no money', code: 'insufficient_quota' }, 'provider.balance'],
    [{ message: 'upstream', code: 502 }, 'provider.failed'],
    [{ message: 'flagged', code: 'content_filter' }, 'provider.contentFiltered'],
  ])('W5 an error object in the middle: %j', async (error, code) => {
    for (const event of [{ error }, { object: 'error', ...(typeof error === 'string' ? { message: error } : error) }]) {
      const { text, outcome } = await callScript(async (exchange) => {
        await exchange.head()
        await exchange.text('so far')
        await exchange.event(event)
        await exchange.done()
        await exchange.end()
      })
      expect(text).toBe('so far')
      expect(failureOf(outcome)).toMatchObject({ code, transient: false })
    }
  })

  it('an error object at once may be repeated', async () => {
    const failure = await failScript(async (exchange) => {
      await exchange.head()
      await exchange.write('event: error\ndata: {"message":"Overloaded"}\n\n')
      await exchange.end()
    })
    expect(failure).toMatchObject({ code: 'provider.failed', transient: true })
  })

  it('W3 bytes cut at every place: the text is what was whole, and it is finished only with its finish reason', async () => {
    const events = ['Ä', '字🎬', ' end'].map(
      (content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}`,
    )
    const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}'
    const stream = Buffer.from([...events, finish, 'data: [DONE]', ''].join('\n\n'))
    const bytes = Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n'), stream])
    const endOf = (event: string) => bytes.indexOf(event) + Buffer.byteLength(event)
    const provider = await openProvider(() => undefined)
    for (let cut = 0; cut <= bytes.length; cut++) {
      provider.play(async (exchange) => {
        await exchange.raw(bytes.subarray(0, cut))
        exchange.halfClose()
      })
      const { text, outcome } = await collectCall(
        createOpenaiProvider(describeProvider(provider.baseUrl)).stream(describeRequest()),
      )
      const whole = ['Ä', '字🎬', ' end'].filter((_, index) => endOf(events[index] ?? '') <= cut)
      expect({ cut, text }).toEqual({ cut, text: whole.join('') })
      expect({ cut, type: outcome.type }).toEqual({ cut, type: endOf(finish) <= cut ? 'finished' : 'failed' })
      if (outcome.type !== 'failed') continue
      expect({ cut, transient: outcome.failure.transient }).toEqual({ cut, transient: whole.length === 0 })
      expect([
        'provider.interrupted',
        ...(text === '' ? ['provider.unreachable', 'provider.badAnswer'] : []),
      ]).toContain(outcome.failure.code)
    }
  }, 30_000)
})

describe('a 200 that is no stream is a failure', () => {
  it.each<[string, Script, string, RegExp]>([
    [
      'a web page',
      answer(200, '<!doctype html><h1>Sign in</h1>', { 'content-type': 'text/html; charset=utf-8' }),
      'provider.badAnswer',
      /web page/,
    ],
    ['plain JSON', answer(200, { ok: true }), 'provider.badAnswer', /plain JSON/],
    [
      'an unstreamed answer',
      answer(200, { choices: [{ message: { content: 'x' }, finish_reason: 'stop' }] }),
      'provider.badAnswer',
      /plain JSON/,
    ],
    ['JSON cut short', answer(200, '{"a":', {}), 'provider.badAnswer', /unreadable/],
    [
      'an error in JSON',
      answer(200, { error: { message: 'no funds', code: 'insufficient_quota' } }),
      'provider.balance',
      /balance/,
    ],
    ['nothing', answer(200, '', { 'content-type': 'text/event-stream' }), 'provider.badAnswer', /empty stream/],
    [
      'only [DONE]',
      answer(200, 'data: [DONE]\n\n', { 'content-type': 'text/event-stream' }),
      'provider.badAnswer',
      /empty stream/,
    ],
    [
      'only comments',
      answer(200, ': ping\n\n: ping\n\n', { 'content-type': 'text/event-stream' }),
      'provider.badAnswer',
      /empty stream/,
    ],
    [
      'a page without its type',
      answer(200, '<html>', { 'content-type': 'text/plain' }),
      'provider.badAnswer',
      /empty stream/,
    ],
    [
      'compressed',
      answer(200, 'data: {}\n\n', { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' }),
      'provider.badAnswer',
      /compressed/,
    ],
    ['without content', (exchange) => exchange.raw('HTTP/1.1 204 No Content\r\n\r\n'), 'provider.badAnswer', /status/],
    ['an odd status', answer(999, 'x'), 'provider.badAnswer', /status/],
  ])('W4 %s', async (_name, script, code, words) => {
    const failure = await failScript(script)
    expect(failure.code).toBe(code)
    expect(failure.message).toMatch(words)
    expect(failure.message).toContain('Acme')
  })
})
