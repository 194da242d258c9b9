import { describe, expect, it } from 'vitest'
import { type Exchange, type Script } from './testing/index.ts'
import { answer, callScript, failScript, failureOf, openProvider, plantedKey } from './testing/scriptedCall.ts'

describe('stated errors, by kind', () => {
  const tooLong = "This model's maximum context length is 8,192 tokens. However, your messages resulted in 9001 tokens."
  it.each<[number, unknown, string, boolean]>([
    [401, { error: { message: `Incorrect API key: ${plantedKey}` } }, 'provider.keyRefused', false],
    [403, 'Forbidden', 'provider.keyRefused', false],
    [402, { error: { message: 'Insufficient Balance' } }, 'provider.balance', false],
    [429, { error: { type: 'insufficient_quota', message: 'You exceeded your quota' } }, 'provider.balance', false],
    [403, { error: { code: 'insufficient_quota' } }, 'provider.balance', false],
    [404, { error: { code: 'model_not_found', message: 'gone' } }, 'provider.modelUnknown', false],
    [404, { error: { message: 'The model `m1` does not exist' } }, 'provider.modelUnknown', false],
    [400, { error: { message: 'Model Not Exist' } }, 'provider.modelUnknown', false],
    [404, '<html>nginx</html>', 'provider.badAnswer', false],
    [429, { error: { message: 'slow down' } }, 'provider.rateLimited', true],
    [400, { error: { code: 'context_length_exceeded', message: tooLong } }, 'provider.tooLong', false],
    [400, { message: tooLong }, 'provider.tooLong', false],
    [413, 'too large', 'provider.tooLong', false],
    [400, { error: { message: 'temperature is out of range' } }, 'provider.refused', false],
    [422, { detail: [{ loc: ['body', 'messages'], msg: 'field required' }] }, 'provider.refused', false],
    [400, { error: { code: 'content_filter', message: 'flagged' } }, 'provider.contentFiltered', false],
    [418, '', 'provider.refused', false],
    [408, '', 'provider.failed', true],
    [500, { error: { message: 'oops' } }, 'provider.failed', true],
    [502, '<html>bad gateway</html>', 'provider.failed', true],
    [503, 'busy', 'provider.failed', true],
    [529, '', 'provider.failed', true],
  ])('W17 %i %j is %s', async (status, body, code, transient) => {
    const failure = await failScript(answer(status, body))
    expect(failure).toMatchObject({ code, transient, retryAfterMs: null })
    expect(failure.params).toMatchObject({ provider: 'Acme', model: 'm1', status })
    expect(failure.message).toMatch(/Acme/)
  })

  it('has the numbers of what was too long', async () => {
    const failure = await failScript(answer(400, { error: { code: 'context_length_exceeded', message: tooLong } }))
    expect(failure.params).toMatchObject({ limitTokens: 8192, requestedTokens: 9001 })
  })

  it('hands on what a refusal says', async () => {
    const failure = await failScript(answer(400, { error: { message: 'temperature is\nout of range' } }))
    expect(failure.message).toMatch(/It says: temperature is out of range$/)
    expect(failure.params?.detail).toBe('temperature is out of range')
  })

  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after-ms': '250' }, 250],
    [{ 'retry-after': 'rubbish' }, null],
    [{ 'retry-after': 'Sun, 22 Nov 2026 02:00:30 GMT', date: 'Sun, 22 Nov 2026 02:00:00 GMT' }, 30_000],
  ])('W19 a 429 with %j waits %j ms', async (headers, retryAfterMs) => {
    expect(await failScript(answer(429, '', headers))).toMatchObject({ code: 'provider.rateLimited', retryAfterMs })
    expect(await failScript(answer(503, '', headers))).toMatchObject({ code: 'provider.failed', retryAfterMs })
  })

  it('W18 an error whose body never ends is cut at its cap', async () => {
    const failure = await failScript(async (exchange) => {
      await exchange.head({ status: 500 })
      while (!exchange.isClosed) await exchange.write('x'.repeat(10_000))
    })
    expect(failure.code).toBe('provider.failed')
    expect(failure.message.length).toBeLessThan(500)
  })

  it('an error cut in its body keeps its status', async () => {
    const failure = await failScript(async (exchange) => {
      await exchange.head({ status: 401 })
      await exchange.write('{"error"')
      exchange.reset()
    })
    expect(failure.code).toBe('provider.keyRefused')
  })
})

describe('nothing is asked twice, nothing is followed, nothing is endless', () => {
  it.each([408, 409, 429, 500, 503])('W1 one request for a %i, whatever it asks for', async (status) => {
    const { provider } = await callScript(answer(status, '', { 'x-should-retry': 'true', 'retry-after-ms': '1' }))
    expect(provider.exchanges).toHaveLength(1)
  })

  it.each([301, 302, 307, 308])('W2 a %i is not followed', async (status) => {
    const target = await openProvider(answer(200, {}))
    const failure = await failScript(answer(status, '', { location: `${target.baseUrl}/chat/completions` }))
    expect(failure).toMatchObject({ code: 'provider.badAnswer', transient: false })
    expect(failure.message).toMatch(/redirect/)
    expect(target.connections).toBe(0)
  })

  const flood =
    (write: (exchange: Exchange) => Promise<void>): Script =>
    async (exchange) => {
      await exchange.head()
      await exchange.text('begun')
      while (!exchange.isClosed) await write(exchange)
    }
  it.each<[string, (exchange: Exchange) => Promise<void>]>([
    ['comments', (exchange) => exchange.comment('x'.repeat(1000))],
    ['one endless line', (exchange) => exchange.write('x'.repeat(1000))],
    ['text', (exchange) => exchange.text('x'.repeat(1000))],
    ['reasoning', (exchange) => exchange.reasoning('x'.repeat(1000))],
  ])('%s beyond the caps', async (_name, write) => {
    const { text, outcome, provider } = await callScript(flood(write), {
      limits: { bytes: 200_000, textBytes: 50_000 },
    })
    expect(failureOf(outcome)).toMatchObject({ code: 'provider.tooMuch', transient: false })
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(50_000)
    expect(provider.exchanges[0]?.sentText.startsWith(text)).toBe(true)
    await provider.idle()
  })

  it('W18 the text is capped in bytes', async () => {
    const { text } = await callScript(
      flood((exchange) => exchange.text('字'.repeat(100))),
      { limits: { textBytes: 3005 } },
    )
    expect(text).toBe(`begun${'字'.repeat(1000)}`)
  })
})
