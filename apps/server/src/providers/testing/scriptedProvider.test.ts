import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { json as readJson } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { createGate, pacedScript, pacedText, startScriptedProvider } from './index.ts'

const body = JSON.stringify({ messages: [] })
const call = (baseUrl: string, init: RequestInit = {}) =>
  fetch(`${baseUrl}/chat/completions`, { method: 'POST', body, ...init })
const readText = (stream: string) => {
  return [...stream.matchAll(/^data: (\{.*)$/gm)]
    .map(([, json]) => JSON.parse(json ?? '').choices[0]?.delta.content ?? '')
    .join('')
}

it('speaks HTTP that a foreign client understands, and logs what it sent to whom', async () => {
  await using provider = await startScriptedProvider(pacedScript({ tokens: 50, tokensPerSecond: Infinity }))
  const texts = await Promise.all([1, 2, 3].map(async () => readText(await (await call(provider.baseUrl)).text())))
  expect(new Set(texts)).toEqual(new Set(provider.exchanges.map(({ sentText }) => sentText)))
  expect(new Set(texts).size).toBe(3)
  expect(provider.exchanges[0]?.request).toMatchObject({
    number: 1,
    method: 'POST',
    path: '/v1/chat/completions',
    json: { messages: [] },
  })
  expect(provider.exchanges[0]?.marks.at(-1)?.length).toBe(provider.exchanges[0]?.sentText.length)
})

it('serves several requests on a connection that the client keeps', async () => {
  await using provider = await startScriptedProvider((exchange) => exchange.answer(200, { n: exchange.request.number }))
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (const n of [1, 2]) {
    const [answer] = (await once(request({ agent, port: provider.port, method: 'POST' }).end(body), 'response')) as [
      IncomingMessage,
    ]
    expect(await readJson(answer)).toEqual({ n })
  }
  expect(provider.connections).toBe(1)
  agent.destroy()
})

it('keeps its rate, also behind late timers', async () => {
  await using provider = await startScriptedProvider(
    pacedScript({ tokens: 100, tokensPerSecond: 500, firstTokenMs: 20 }),
  )
  await (await call(provider.baseUrl)).text()
  const [first, ...rest] = provider.exchanges[0]?.marks ?? []
  const tookMs = (rest.at(-1)?.atMs ?? 0) - (first?.atMs ?? 0)
  expect(tookMs).toBeGreaterThan(150)
  expect(tookMs).toBeLessThan(2000)
})

it('plays a text of the test', async () => {
  await using provider = await startScriptedProvider(
    pacedText(({ number }) => `${number}: 一二三四五🎬`, { tokensPerSecond: Infinity, tokenLength: 2 }),
  )
  expect(readText(await (await call(provider.baseUrl)).text())).toBe('1: 一二三四五🎬')
})

it('waits at gates, sees the client leave, and logs nothing after that', async () => {
  const gate = createGate()
  await using provider = await startScriptedProvider(async (exchange) => {
    await exchange.head()
    await exchange.text('one')
    await gate.opened
    await exchange.text('two')
  })
  const leaving = new AbortController()
  const response = await call(provider.baseUrl, { signal: leaving.signal })
  expect(response.status).toBe(200)
  const exchange = await provider.exchange(1)
  leaving.abort()
  await exchange.closed
  gate.open()
  await provider.idle()
  expect(exchange.isClosed).toBe(true)
  expect(exchange.sentText).toBe('one')
})

it('closing tells of a script that failed, and leaves nothing open', async () => {
  const provider = await startScriptedProvider(() => Promise.reject(new Error('script')))
  await expect(call(provider.baseUrl)).rejects.toThrow('fetch failed')
  await expect(provider.close()).rejects.toThrow(/script of the provider failed/)
  expect(provider.openSockets).toBe(0)
})
