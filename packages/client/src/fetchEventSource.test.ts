import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { FetchEventSource, StreamEnded } from './fetchEventSource.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const closings: (() => void)[] = []
afterEach(() => closings.splice(0).forEach((close) => close()))

/** A source that asks a server which answers so, and the events it gives. */
async function openSource(answer: Answer, headers: Record<string, string> = {}) {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const source = new FetchEventSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
    fetch,
    headers: () => headers,
  })
  closings.push(() => {
    source.close()
    server.close()
    server.closeAllConnections()
  })
  const next = async (name: string): Promise<Event> => ((await once(source, name)) as [Event])[0]
  return { source, next }
}

const stream = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' })

it('asks for a stream with the headers it was given, and tells its messages under their names', async () => {
  let asked: IncomingMessage['headers'] = {}
  const { source, next } = await openSource(
    (request, response) => {
      asked = request.headers
      stream(response).write('\uFEFFevent: named\ndata: {"a":1}\nid: 7\n\n')
    },
    { authorization: 'Bearer k' },
  )
  const message = (await next('named')) as MessageEvent
  expect([message.data, message.lastEventId, source.readyState]).toEqual(['{"a":1}', '7', FetchEventSource.OPEN])
  expect([asked.authorization, asked.accept]).toEqual(['Bearer k', 'text/event-stream'])
})

it('reads a character that is cut in the middle', async () => {
  const bytes = Buffer.from('data: 字🎬\n\n')
  const { next } = await openSource((_request, response) => {
    stream(response).write(bytes.subarray(0, 7))
    setImmediate(() => response.write(bytes.subarray(7)))
  })
  expect(((await next('message')) as MessageEvent).data).toBe('字🎬')
})

it('is closed when the server ends the stream, and tells when to come back', async () => {
  const { source, next } = await openSource(
    (_request, response) => void stream(response).end('retry: 1234\n\ndata: unfinished'),
  )
  const ended = await next('error')
  expect(ended).toBeInstanceOf(StreamEnded)
  expect([(ended as StreamEnded).retryMs, source.readyState]).toEqual([1234, FetchEventSource.CLOSED])
})

it('is closed when the connection is cut', async () => {
  const { source, next } = await openSource((_request, response) => {
    stream(response).write('data: a\n\n', () => response.destroy())
  })
  expect(((await next('error')) as StreamEnded).retryMs).toBeNull()
  expect(source.readyState).toBe(FetchEventSource.CLOSED)
})

it('makes an error of the API out of an answer that is no stream, and says no more', async () => {
  const error = { code: -32001, message: 'Sign in.', data: { appCode: 'auth.required' } }
  const { source, next } = await openSource(
    (_request, response) => void response.writeHead(401).end(JSON.stringify({ error })),
  )
  const told: string[] = []
  source.addEventListener('error', () => told.push('error'))
  expect(JSON.parse(((await next('serialized-error')) as MessageEvent<string>).data)).toEqual(error)
  await expect.poll(() => source.readyState).toBe(FetchEventSource.CLOSED)
  expect(told).toEqual([])
})

it.each([
  ['a page', 200, 'text/html', '<p>Sign in to the hotel network</p>'],
  ['a failure of something in between', 502, 'text/html', 'Bad gateway'],
  ['JSON that is no error of ours', 404, 'application/json', '{"error":"nothing here"}'],
])('takes %s for a broken connection', async (_what, status, type, body) => {
  const { next } = await openSource(
    (_request, response) => void response.writeHead(status, { 'content-type': type }).end(body),
  )
  expect(((await next('error')) as StreamEnded).message).toContain(String(status))
})

it('closes the request when it is closed, and tells nothing more', async () => {
  let gone: Promise<unknown> = Promise.resolve()
  const { source, next } = await openSource((_request, response) => {
    gone = once(response, 'close')
    stream(response).write('data: a\n\n')
  })
  await next('message')
  const told: string[] = []
  source.addEventListener('error', () => told.push('error'))
  source.close()
  await gone
  expect(told).toEqual([])
})
