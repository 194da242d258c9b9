import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FollowedEvent } from '@stagewright/core'

/** One time a client asked to follow: what it asked, and when (`performance.now()`). */
export type Asked = { atMs: number; cursor: string | null }

/** Answers one request to follow. */
export type Script = (stream: Stream) => void

export type Stream = {
  response: ServerResponse
  /** The head of a stream, and the word that it is one. */
  connect(): void
  send(...events: FollowedEvent[]): void
  /** Says what is wrong, and ends. */
  fail(httpStatus: number, facts: Facts): void
  /** The same, with the head and all, in one piece. */
  refuse(httpStatus: number, facts: Facts): void
}

type Facts = { appCode: string; params?: Record<string, unknown> }

export type ScriptedServer = {
  url: string
  asked: readonly Asked[]
  /** Resolves when so many requests to follow have come. */
  askedTimes(count: number): Promise<void>
  close(): Promise<void>
}

/** A server on a free port that plays scripts to who follows over SSE, the last one again and again, and is healthy. */
export async function startScriptedServer(...scripts: [Script, ...Script[]]): Promise<ScriptedServer> {
  const asked: Asked[] = []
  const arrivals = new EventTarget()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://host')
    if (url.pathname === '/health/live') return void response.end('{}')
    const { cursor } = JSON.parse(url.searchParams.get('input') ?? '{}') as { cursor: string | null }
    asked.push({ atMs: performance.now(), cursor })
    arrivals.dispatchEvent(new Event('asked'))
    const script = scripts[asked.length - 1] ?? scripts.at(-1)
    script?.(createStream(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async askedTimes(count) {
      while (asked.length < count) await once(arrivals, 'asked')
    },
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const connected = 'event: connected\ndata: {}\n\n'

function createStream(response: ServerResponse): Stream {
  return {
    response,
    connect() {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(connected)
    },
    send(...events) {
      response.write(events.map(({ cursor, event }) => `data: ${JSON.stringify(event)}\nid: ${cursor}\n\n`).join(''))
    },
    fail: (httpStatus, facts) => void response.end(describeError(httpStatus, facts)),
    refuse(httpStatus, facts) {
      const body = Buffer.from(`${connected}${describeError(httpStatus, facts)}`)
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': body.length }).end(body)
    },
  }
}

function describeError(httpStatus: number, { appCode, params = {} }: Facts): string {
  const code = httpStatus >= 500 ? -32603 : -32600
  const shape = { code, message: appCode, data: { code: '', httpStatus, appCode, params, requestId: null } }
  return `event: serialized-error\ndata: ${JSON.stringify(shape)}\n\n`
}
