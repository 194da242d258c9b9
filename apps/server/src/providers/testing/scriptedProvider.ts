import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { createExchange, readClockMs, type Exchange, type ReceivedRequest } from './exchange.ts'

/*
 * A provider on a raw TCP socket that plays scripts: every byte, pause and reset is the test's. It keeps the log of
 * what it sent to whom, which is the reference text of all tests.
 */

/** Answers one request. Waits at gates or for `exchange.closed`, never by sleeping. */
export type Script = (exchange: Exchange) => Promise<void> | void

export type ScriptedProvider = {
  readonly port: number
  /** `http://127.0.0.1:<port>/v1` */
  readonly baseUrl: string
  /** All requests so far, in order. */
  readonly exchanges: readonly Exchange[]
  /** The request with that number (from 1), as soon as it has come. */
  exchange(number: number): Promise<Exchange>
  /** Sets the scripts of the requests to come, in order; the last one is repeated. */
  play(...scripts: [Script, ...Script[]]): void
  /** Connections ever made, also those without a request, and those open now. */
  readonly connections: number
  readonly openSockets: number
  /** Resolves when no connection is open. */
  idle(): Promise<void>
  /** Closes everything. Throws what a script threw. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a provider on a free port of 127.0.0.1. */
export async function startScriptedProvider(...scripts: [Script, ...Script[]]): Promise<ScriptedProvider> {
  let waiting: Script[] = [...scripts]
  let current: Script = scripts[0]
  let connections = 0
  const sockets = new Set<Socket>()
  const exchanges: Exchange[] = []
  const scriptErrors: unknown[] = []
  const arrivals = new EventTarget()

  const serve = (socket: Socket): void => {
    connections += 1
    sockets.add(socket)
    socket.setNoDelay(true)
    // A reset by the client is a normal thing here; `closed` tells of it.
    socket.on('error', () => socket.destroy())
    const { promise: closed, resolve: noteClosed } = Promise.withResolvers<number>()
    socket.once('close', () => {
      noteClosed(readClockMs())
      sockets.delete(socket)
      arrivals.dispatchEvent(new Event('close'))
    })
    readRequests(socket, (request) => {
      const exchange = createExchange(socket, { ...request, number: exchanges.length + 1 }, closed)
      exchanges.push(exchange)
      current = waiting.shift() ?? current
      arrivals.dispatchEvent(new Event('request'))
      Promise.resolve(exchange)
        .then(current)
        .catch((error: unknown) => {
          scriptErrors.push(error)
          socket.destroy()
        })
    })
  }
  const server = createServer({ allowHalfOpen: true }, serve)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const until = async (name: 'request' | 'close', reached: () => boolean): Promise<void> => {
    while (!reached()) await once(arrivals, name)
  }
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) {
      server.close()
      await once(server, 'close')
    }
    if (scriptErrors.length > 0) throw new AggregateError(scriptErrors, 'A script of the provider failed.')
  }
  return {
    port,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    exchanges,
    async exchange(number) {
      await until('request', () => exchanges.length >= number)
      return exchanges[number - 1] as Exchange
    },
    play: (...next) => void (waiting = next),
    get connections() {
      return connections
    },
    get openSockets() {
      return sockets.size
    },
    idle: () => until('close', () => sockets.size === 0),
    close,
    [Symbol.asyncDispose]: close,
  }
}

type Unnumbered = Omit<ReceivedRequest, 'number'>

/** Reads requests one after the other: a client may keep the connection for the next. */
function readRequests(socket: Socket, received: (request: Unnumbered) => void): void {
  let buffered = Buffer.alloc(0)
  socket.on('data', (part) => {
    buffered = Buffer.concat([buffered, part])
    for (;;) {
      const headEnd = buffered.indexOf('\r\n\r\n')
      if (headEnd < 0) return
      const { method, path, headers } = parseHead(buffered.subarray(0, headEnd).toString('latin1'))
      const bodyEnd = headEnd + 4 + Number(headers['content-length'] ?? 0)
      if (buffered.length < bodyEnd) return
      const body = buffered.subarray(headEnd + 4, bodyEnd).toString('utf8')
      buffered = buffered.subarray(bodyEnd)
      received({ method, path, headers, body, json: parseObject(body), receivedAtMs: readClockMs() })
    }
  })
  // With half-open sockets allowed (scripts half-close), a client's end would otherwise leave them open for ever.
  socket.on('end', () => socket.destroy())
}

function parseHead(head: string): Pick<Unnumbered, 'method' | 'path' | 'headers'> {
  const [first = '', ...lines] = head.split('\r\n')
  const [method = '', path = ''] = first.split(' ')
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  )
  return { method, path, headers }
}

function parseObject(body: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null
  } catch {
    return null
  }
}
