import { request as httpRequest } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { estimateTokens } from '@stagewright/core'
import { startDemoWriter, type DemoWriter } from './demoWriter.ts'
import type { Pace } from './pacing.ts'
import { readChunks, type CompletionChunk } from './testing/readCompletion.ts'

const atOnce: Pace = { tokensPerSecond: Infinity, firstTokenMs: 0 }
const writers: DemoWriter[] = []

afterEach(async () => {
  await Promise.all(writers.splice(0).map((writer) => writer.close()))
})

async function openWriter(pace: Partial<Pace> = atOnce): Promise<DemoWriter> {
  const writer = await startDemoWriter(pace)
  writers.push(writer)
  return writer
}

type AskOptions = { body?: object; path?: string; headers?: Record<string, string>; signal?: AbortSignal }

function ask(writer: DemoWriter, options: AskOptions = {}): Promise<Response> {
  const body = { model: writer.model, messages: [{ role: 'user', content: '渡口的灯' }], ...options.body }
  return fetch(`${writer.baseUrl}${options.path ?? '/chat/completions'}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${writer.apiKey}`, 'content-type': 'application/json', ...options.headers },
    body: JSON.stringify(body),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
}

async function collect(response: Response): Promise<CompletionChunk[]> {
  return Array.fromAsync(readChunks(response))
}

function textOf(chunks: readonly CompletionChunk[]): string {
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')
}

describe('a streamed answer', () => {
  test('is chunks of one id, ends with a reason, then usage alone, then [DONE]', async () => {
    const response = await ask(await openWriter(), { body: { stream: true, stream_options: { include_usage: true } } })
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    const chunks = await collect(response)
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1)
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant')
    const [last, usage] = chunks.slice(-2)
    expect(last!.choices[0]!.finish_reason).toBe('stop')
    expect(chunks.slice(0, -2).every((chunk) => chunk.choices[0]!.finish_reason === null && chunk.usage === null)).toBe(
      true,
    )
    expect(usage).toMatchObject({ choices: [], object: 'chat.completion.chunk' })
  })

  test('usage adds up: a token a piece, and the prompt as it is estimated', async () => {
    const chunks = await collect(
      await ask(await openWriter(), { body: { stream: true, stream_options: { include_usage: true } } }),
    )
    const pieces = chunks.filter((chunk) => (chunk.choices[0]?.delta.content ?? '') !== '').length
    const promptTokens = estimateTokens('渡口的灯')
    expect(chunks.at(-1)!.usage).toEqual({
      prompt_tokens: promptTokens,
      completion_tokens: pieces,
      total_tokens: promptTokens + pieces,
    })
    expect(pieces).toBeGreaterThan(300)
  })

  test('says nothing of usage unless asked', async () => {
    const chunks = await collect(await ask(await openWriter(), { body: { stream: true } }))
    expect(chunks.every((chunk) => chunk.usage === undefined && chunk.choices.length === 1)).toBe(true)
  })

  test('W25 is the same text each time, at any pace, whole or streamed', async () => {
    const [quick, slow] = [await openWriter(), await openWriter({ tokensPerSecond: 5_000, firstTokenMs: 1 })]
    const first = textOf(await collect(await ask(quick, { body: { stream: true } })))
    expect(textOf(await collect(await ask(slow, { body: { stream: true } })))).toBe(first)
    const whole = (await (await ask(quick)).json()) as { choices: { message: { content: string } }[] }
    expect(whole.choices[0]!.message.content).toBe(first)
  })

  test('keeps its pace: 2,000 tokens a second take as long as they should', async () => {
    const writer = await openWriter({ tokensPerSecond: 2_000, firstTokenMs: 100 })
    const startedAt = performance.now()
    const chunks = await collect(await ask(writer, { body: { stream: true } }))
    const expectedMs = 100 + ((chunks.length - 3) / 2_000) * 1000
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(expectedMs)
    expect(performance.now() - startedAt).toBeLessThan(expectedMs + 1_000)
  })

  test.each(['max_tokens', 'max_completion_tokens'])('is cut off at %s and says so', async (limit) => {
    const writer = await openWriter()
    const body = { stream: true, stream_options: { include_usage: true }, [limit]: 25 }
    const chunks = await collect(await ask(writer, { body }))
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('length')
    expect(chunks.at(-1)!.usage!.completion_tokens).toBe(25)
    const whole = textOf(await collect(await ask(writer, { body: { stream: true } })))
    expect(whole.startsWith(textOf(chunks))).toBe(true)
  })
})

test('a whole answer has message, reason and usage', async () => {
  const answer = (await (await ask(await openWriter(), { body: { max_tokens: 12 } })).json()) as Record<string, unknown>
  expect(answer).toMatchObject({
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: expect.stringMatching(/^# 渡口的灯/) },
        finish_reason: 'length',
      },
    ],
    usage: { completion_tokens: 12 },
  })
})

describe('refusals have the shape clients expect', () => {
  test.each([
    ['no key', { authorization: '' }],
    ['a wrong key', { authorization: 'Bearer demo-wrong' }],
    ['a key without Bearer', { authorization: 'demo-wrong' }],
  ])('%s', async (_, headers) => {
    const response = await ask(await openWriter(), { headers })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({
      error: { code: 'invalid_api_key', type: 'invalid_request_error', param: null },
    })
  })

  test.each([
    [400, { messages: [] }],
    [400, { messages: 'hello' }],
    [400, { messages: [{ role: 'nobody', content: 'x' }] }],
    [400, { messages: [{ role: 'user', content: 3 }] }],
    [400, { max_tokens: 0 }],
    [400, { max_tokens: 1.5 }],
    [400, { stream: 'yes' }],
    [400, { n: 2 }],
    [404, { model: 'gpt-nothing' }],
  ])('%i for %j', async (status, body) => {
    const response = await ask(await openWriter(), { body })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({
      error: { message: expect.any(String), type: 'invalid_request_error' },
    })
  })

  test('400 for a body that is no JSON, 413 for one too long, 404 and 405 elsewhere', async () => {
    const writer = await openWriter()
    const headers = { authorization: `Bearer ${writer.apiKey}` }
    const url = `${writer.baseUrl}/chat/completions`
    expect((await fetch(url, { method: 'POST', headers, body: '{"model":' })).status).toBe(400)
    expect((await ask(writer, { body: { messages: [{ role: 'user', content: 'x'.repeat(9_000_000) }] } })).status).toBe(
      413,
    )
    expect((await fetch(url, { headers })).status).toBe(405)
    expect((await ask(writer, { path: '/embeddings' })).status).toBe(404)
  })
})

test('lists its one model', async () => {
  const writer = await openWriter()
  const headers = { authorization: `Bearer ${writer.apiKey}` }
  const list = (await (await fetch(`${writer.baseUrl}/models`, { headers })).json()) as { data: { id: string }[] }
  expect(list.data.map((model) => model.id)).toEqual([writer.model])
  expect((await fetch(`${writer.baseUrl}/models`)).status).toBe(401)
})

test('W24 listens on loopback only, each on a port and with a key of its own', async () => {
  const [one, two] = [await openWriter(), await openWriter()]
  expect(new URL(one.baseUrl).hostname).toBe('127.0.0.1')
  expect(new URL(one.baseUrl).port).not.toBe(new URL(two.baseUrl).port)
  expect(one.apiKey).not.toBe(two.apiKey)
})

/** Timers of this process that wait for something: a stream that paces has one. */
function countTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}

describe('a stream ends', () => {
  test('when its client goes: the writer waits for nothing any more', async () => {
    const writer = await openWriter({ tokensPerSecond: 0.001, firstTokenMs: 0 })
    const before = countTimers()
    const sockets = Array.from({ length: 20 }, () => openRawStream(writer))
    await Promise.all(sockets.map((socket) => socket.opened))
    await expect.poll(countTimers).toBeGreaterThanOrEqual(before + 20)
    for (const socket of sockets) socket.hangUp()
    await expect.poll(countTimers).toBeLessThan(before + 10)
  })

  test('when the writer closes, which it does once however often it is told', async () => {
    const writer = await openWriter({ tokensPerSecond: 0.001, firstTokenMs: 0 })
    const response = await ask(writer, { body: { stream: true } })
    const reading = collect(response)
    await Promise.all([writer.close(), writer.close()])
    await writer.close()
    await expect(reading).rejects.toThrow('terminated')
    await expect(fetch(writer.baseUrl)).rejects.toThrow('fetch failed')
  })
})

/** A stream over a socket of its own, without the timers that fetch keeps. */
function openRawStream(writer: DemoWriter): { opened: Promise<void>; hangUp(): void } {
  const { promise: opened, resolve, reject } = Promise.withResolvers<void>()
  const headers = { authorization: `Bearer ${writer.apiKey}`, 'content-type': 'application/json' }
  const request = httpRequest(
    `${writer.baseUrl}/chat/completions`,
    { method: 'POST', headers, agent: false },
    (response) => {
      response.on('error', () => undefined)
      response.once('data', () => resolve())
    },
  )
  request.on('error', reject)
  request.end(JSON.stringify({ model: writer.model, messages: [{ role: 'user', content: 'a lamp' }], stream: true }))
  return { opened, hangUp: () => request.destroy() }
}
