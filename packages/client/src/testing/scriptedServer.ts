import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Transport } from '../links.ts'
import { createAnswer, createEventStream, createSocketStream, type Stream } from './scriptedStreams.ts'

/** One time a client asked to follow: what it asked, how, and when (`performance.now()`). */
export type Asked = { atMs: number; cursor: string | null; transport: Transport }

/** Answers one request to follow. */
export type Script = (stream: Stream, asked: Asked) => void

export type ScriptedServer = {
  url: string
  asked: readonly Asked[]
  /** Resolves when so many requests to follow have come. */
  askedTimes(count: number): Promise<void>
  /** Cuts everything and listens no more. */
  stop(): Promise<void>
  /** Listens again where it did. */
  start(): Promise<void>
  close(): Promise<void>
}

export type ScriptedOptions = {
  /** After how much silence an event stream is to be taken for a dead one; null: that is not said. */
  silentAfterMs?: number | null
}

/** A server on a free port that plays scripts to who follows, the last one again and again, and is healthy. */
export async function startScriptedServer(...scripts: [Script, ...Script[]]): Promise<ScriptedServer> {
  return serveScripts(scripts)
}

export async function serveScripts(
  scripts: readonly [Script, ...Script[]],
  { silentAfterMs = null }: ScriptedOptions = {},
): Promise<ScriptedServer> {
  const asked: Asked[] = []
  const arrivals = new EventTarget()
  const play = (stream: Stream, transport: Transport, input: unknown): void => {
    const { cursor } = input as { cursor: string | null }
    const ask: Asked = { atMs: performance.now(), cursor, transport }
    asked.push(ask)
    const script = scripts[asked.length - 1] ?? scripts[scripts.length - 1]
    script?.(stream, ask)
    arrivals.dispatchEvent(new Event('asked'))
  }
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://host')
    if (url.pathname === '/health/live') return void response.end('{}')
    const input = JSON.parse(url.searchParams.get('input') ?? '{}') as { 0?: unknown }
    if (!url.pathname.endsWith('.poll')) return play(createEventStream({ response, silentAfterMs }), 'sse', input)
    const { stream, finish } = createAnswer(response)
    play(stream, 'polling', input[0])
    finish()
  }
  const follow = (socket: WebSocket): void => {
    socket.on('message', (text: Buffer) => {
      for (const { id, method, params } of readMessages(text))
        if (method === 'subscription') play(createSocketStream(socket, id), 'webSocket', params.input)
    })
  }
  let running = await listen(0, answer, follow)
  const { port } = running.server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    async askedTimes(count) {
      while (asked.length < count) await once(arrivals, 'asked')
    },
    stop: () => running.stop(),
    async start() {
      running = await listen(port, answer, follow)
    },
    close: () => running.stop(),
  }
}

type Message = { id: unknown; method: string; params: { input: unknown } }

function readMessages(text: Buffer): Message[] {
  const words = text.toString()
  if (!words.startsWith('{') && !words.startsWith('[')) return []
  return [JSON.parse(words) as Message | Message[]].flat()
}

type Running = { server: Server; stop(): Promise<void> }

async function listen(
  port: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  follow: (socket: WebSocket) => void,
): Promise<Running> {
  const server = createServer(answer)
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', follow)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    async stop() {
      if (!server.listening) return
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}
