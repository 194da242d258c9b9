import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https'
import { guardLookup, refuseInternalLiteral, type ResolveHost } from './addressGuard.ts'
import { WireError } from './wireError.ts'
import { streamBody, type Wire } from './wireBody.ts'

/*
 * The fetch that the SDK is given, for one call each. Guarantees: connects only to allowed addresses; follows no
 * redirect; reads no more than `maxBytes`; sends the key and no header the SDK or its environment adds; the socket is
 * closed as soon as `signal` aborts, and never outlives the response (no connection is kept for later).
 */

export type GuardedFetchOptions = {
  apiKey: string | null
  allowPrivate: boolean
  /** Of this call alone. Aborting it destroys the socket. */
  signal: AbortSignal
  maxBytes: number
  /** For the TCP and TLS handshakes together, in milliseconds. */
  connectTimeoutMs: number
  resolve?: ResolveHost | undefined
}

const maxErrorBytes = 64 * 1024
const noReuse = { http: new HttpAgent({ keepAlive: false }), https: new HttpsAgent({ keepAlive: false }) }

/** A fetch for one call, and the record it keeps of it. It rejects with `WireError` or node's own network errors. */
export function createGuardedFetch(options: GuardedFetchOptions): { fetch: typeof fetch; wire: Wire } {
  const wire: Wire = { status: null, headers: new Headers(), errorBody: '', endedInLine: false, failure: null }
  const guardedFetch: typeof fetch = async (input, init = {}) => {
    try {
      const message = await send(new URL(input instanceof Request ? input.url : input), init, options)
      return await toResponse(message, wire, options.maxBytes)
    } catch (error) {
      wire.failure ??= error
      throw error
    }
  }
  return { fetch: guardedFetch, wire }
}

function send(url: URL, init: RequestInit, options: GuardedFetchOptions): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new WireError('badUrl')
  if (!options.allowPrivate) refuseInternalLiteral(url.hostname)
  const request = openRequest(url, init, options)
  const abort = () => request.destroy(new WireError('aborted'))
  options.signal.addEventListener('abort', abort, { once: true })
  request.once('response', resolve)
  // Unasked for, but without a listener node would leave the request without any ending.
  request.once('upgrade', (_message, socket) => {
    socket.destroy()
    reject(new WireError('oddStatus'))
  })
  // Not once: node may report a second error, which without a listener would be an uncaught exception.
  request.on('error', reject)
  limitConnecting(request, url.protocol === 'https:' ? 'secureConnect' : 'connect', options.connectTimeoutMs)
  // Before this, or by what opening the request has called.
  if (options.signal.aborted) abort()
  request.end(typeof init.body === 'string' ? init.body : undefined)
  return promise
}

function openRequest(url: URL, init: RequestInit, options: GuardedFetchOptions): ClientRequest {
  const requestOptions: RequestOptions = {
    method: init.method ?? 'GET',
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port,
    path: url.pathname + url.search,
    headers: chooseHeaders(new Headers(init.headers), options.apiKey),
    ...(options.allowPrivate ? {} : { lookup: guardLookup(options.resolve) }),
  }
  return url.protocol === 'https:'
    ? httpsRequest({ ...requestOptions, agent: noReuse.https })
    : httpRequest({ ...requestOptions, agent: noReuse.http })
}

/** A short list instead of what comes: the SDK adds facts about this machine, and headers from its environment. */
function chooseHeaders(given: Headers, apiKey: string | null): Record<string, string> {
  return {
    accept: given.get('accept') ?? '*/*',
    // Compressed answers would have to be buffered to be read.
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'user-agent': 'stagewright',
    ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
  }
}

function limitConnecting(request: ClientRequest, connected: 'connect' | 'secureConnect', timeoutMs: number): void {
  const timer = setTimeout(() => request.destroy(new WireError('connectTimeout')), timeoutMs)
  request.once('socket', (socket) => socket.once(connected, () => clearTimeout(timer)))
  request.once('close', () => clearTimeout(timer))
}

async function toResponse(message: IncomingMessage, wire: Wire, maxBytes: number): Promise<Response> {
  const status = message.statusCode ?? 0
  wire.status = status
  wire.headers = readHeaders(message)
  if (status >= 300 && status < 400) {
    message.destroy()
    throw new WireError('redirected')
  }
  const encoding = message.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') {
    message.destroy()
    throw new WireError('compressed')
  }
  if (status >= 400) wire.errorBody = await readStart(message, maxErrorBytes)
  // Response refuses a body or a number outside the standard for these, and so there is nothing to stream.
  if (status < 200 || status > 599 || status === 204 || status === 205) {
    message.destroy()
    throw new WireError('oddStatus')
  }
  const body = status >= 400 ? wire.errorBody : streamBody(message, wire, maxBytes)
  return new Response(body, { status, headers: wire.headers })
}

/** The beginning of an error's body; however it ends, what came is what there is to say. */
async function readStart(message: IncomingMessage, maxBytes: number): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of message as AsyncIterable<Buffer>) {
      parts.push(part)
      bytes += part.length
      if (bytes >= maxBytes) break
    }
  } catch {
    // Cut in the middle of an error: its status says enough.
  }
  message.destroy()
  return Buffer.concat(parts).subarray(0, maxBytes).toString('utf8')
}

function readHeaders(message: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  return headers
}
