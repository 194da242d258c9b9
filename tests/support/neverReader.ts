// A viewer that asks for a task's feed and then reads nothing, from the system's own buffers up. It goes on writing what
// keeps such a connection alive, which is also how it learns that it was cut.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { frameOf } from './rawWebSocket.ts'

export type NeverReader = {
  /** Resolves to the time by `performance.now()` at which it was seen cut. */
  cut: Promise<number>
  leave(): void
}

export type NeverReaderOptions = { url: string; apiKey: string; taskId: string; transport: 'sse' | 'webSocket' }

const aliveEveryMs = 500

export async function openNeverReader(options: NeverReaderOptions): Promise<NeverReader> {
  const { port, hostname } = new URL(options.url)
  const socket = connect(Number(port), hostname)
  socket.pause()
  const cut = new Promise<number>((resolve) => {
    socket.once('error', () => undefined)
    socket.once('close', () => resolve(performance.now()))
  })
  await once(socket, 'connect')
  const isAlive = ask(socket, options)
  const timer = setInterval(() => socket.write(isAlive), aliveEveryMs)
  void cut.then(() => clearInterval(timer))
  return { cut, leave: () => void socket.destroy() }
}

/** Asks, and gives what says that it is alive. */
function ask(socket: Socket, { apiKey, taskId, transport }: NeverReaderOptions): Buffer | string {
  const head = `Host: x\r\nAuthorization: Bearer ${apiKey}\r\n`
  if (transport === 'sse') {
    const input = encodeURIComponent(JSON.stringify({ taskId }))
    socket.write(`GET /trpc/tasks.follow?input=${input} HTTP/1.1\r\n${head}\r\n`)
    // What HTTP allows in front of a next request.
    return '\r\n'
  }
  const key = Buffer.from(crypto.randomUUID().slice(0, 16)).toString('base64')
  const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`
  socket.write(`GET /trpc HTTP/1.1\r\n${head}${upgrade}\r\n`)
  const params = { path: 'tasks.follow', input: { taskId } }
  socket.write(frameOf(JSON.stringify({ id: 1, method: 'subscription', params })))
  return frameOf('PONG')
}
