import { describe, expect, it } from 'vitest'
import { createOpenaiProvider } from './openaiProvider.ts'
import { createQuirkStore } from './quirks.ts'
import { collectCall, type Script } from './testing/index.ts'
import {
  answer,
  describeProvider,
  describeRequest,
  failScript,
  failureOf,
  openProvider,
} from './testing/scriptedCall.ts'

describe('optional parameters a model refuses', () => {
  const refusing =
    (...names: string[]): Script =>
    async (exchange) => {
      const refused = names.find((name) => name in (exchange.request.json ?? {}))
      if (refused !== undefined)
        return exchange.answer(400, { error: { message: `Unsupported parameter: '${refused}'`, param: refused } })
      if (exchange.request.json?.stream !== true) {
        return exchange.answer(200, {
          choices: [{ index: 0, message: { content: 'whole' }, finish_reason: 'stop' }],
          usage: { prompt_tokens: 1, completion_tokens: 2 },
        })
      }
      await exchange.head()
      await exchange.text('streamed')
      await exchange.finish()
      await exchange.done()
      await exchange.end()
    }
  const open = async (script: Script) => {
    const provider = await openProvider(script)
    const quirks = createQuirkStore()
    const options = describeProvider(provider.baseUrl, { quirks, maxTokens: 9 })
    const call = (model = 'm1') =>
      collectCall(createOpenaiProvider(options).stream(describeRequest({ format: 'json', model })))
    return { provider, quirks, call }
  }

  it.each(['stream_options', 'max_tokens', 'response_format'])(
    'W11 %s: once more without it, and not again for this model',
    async (name) => {
      const { provider, call } = await open(refusing(name))
      for (let round = 0; round < 2; round++) {
        const { text, events, outcome } = await call()
        expect({ text, type: outcome.type }).toEqual({ text: 'streamed', type: 'finished' })
        expect(events.filter(({ type }) => type === 'sent')).toHaveLength(1)
      }
      expect(provider.exchanges.map(({ request }) => name in (request.json ?? {}))).toEqual([true, false, false])
      await call('m2')
      expect(provider.exchanges).toHaveLength(5)
    },
  )

  it('W12 stream: the text is one event', async () => {
    const { provider, call } = await open(refusing('stream'))
    for (let round = 0; round < 2; round++) {
      const { events, outcome } = await call()
      expect(events.slice(1)).toEqual([{ type: 'text', text: 'whole' }])
      expect(outcome).toEqual({
        type: 'finished',
        reason: 'stop',
        usage: { promptTokens: 1, completionTokens: 2, estimated: false },
      })
    }
    expect(provider.exchanges.map(({ request }) => request.json?.stream)).toEqual([true, undefined, undefined])
  })

  it('two, one after the other: two calls and a failure that may be repeated, which then succeeds', async () => {
    const { provider, call } = await open(refusing('stream_options', 'response_format'))
    expect(failureOf((await call()).outcome)).toMatchObject({ code: 'provider.refused', transient: true })
    expect(provider.exchanges).toHaveLength(2)
    expect((await call()).text).toBe('streamed')
    expect(provider.exchanges).toHaveLength(3)
  })

  it('a refusal that goes on without the parameter is not blamed on it', async () => {
    const { provider, quirks, call } = await open(
      answer(400, { error: { message: 'response_format needs the word json in the prompt' } }),
    )
    expect(failureOf((await call()).outcome)).toMatchObject({ code: 'provider.refused', transient: false })
    expect(provider.exchanges).toHaveLength(2)
    expect(quirks.get('p1', 'm1').size).toBe(0)
  })

  it.each<[string, Script, string]>([
    ['a web page', answer(200, '<html>', { 'content-type': 'text/html' }), 'provider.badAnswer'],
    ['an error', answer(200, { error: { message: 'x' } }), 'provider.failed'],
    ['JSON of something else', answer(200, { ok: true }), 'provider.interrupted'],
    ['null', answer(200, 'null'), 'provider.interrupted'],
    ['a reset', (exchange) => exchange.reset(), 'provider.unreachable'],
  ])('a model that cannot stream and answers with %s', async (_name, script, code) => {
    const quirks = createQuirkStore()
    quirks.remember('p1', 'm1', ['stream'])
    expect((await failScript(script, { quirks })).code).toBe(code)
  })
})
