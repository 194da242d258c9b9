import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https'
import { guardLookup, refuseInternalLiteral, type ResolveHost } from './addressGuard.ts'
import { WireError } from './wireError.ts'

/*
 * One request to an address that somebody entered. Guarantees: connects only to allowed addresses, looked at in the very
 * answers of DNS that the connection is made with; follows no redirect; the socket is closed as soon as `signal` aborts,
 * and is never kept for later.
 */

export type SendOptions = {
  allowPrivate: boolean
  /** Of this request alone. Aborting it destroys the socket. */
  signal: AbortSignal
  /** For the TCP and TLS handshakes together, in milliseconds. */
  connectTimeoutMs: number
  resolve?: ResolveHost | undefined
}

/** Every header that is sent, beside those of HTTP itself. */
export type GuardedRequest = {
  url: URL
  method: string
  headers: Record<string, string>
  body: string | undefined
}

const noReuse = { http: new HttpAgent({ keepAlive: false }), https: new HttpsAgent({ keepAlive: false }) }

/** Resolves with the head of the answer. Rejects with `WireError`, `BlockedAddressError` or node's own network errors. */
export async function sendGuarded(wanted: GuardedRequest, options: SendOptions): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const { url } = wanted
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new WireError('badUrl')
  if (!options.allowPrivate) refuseInternalLiteral(url.hostname)
  const request = openRequest(wanted, options)
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
  request.end(wanted.body)
  return promise
}

function openRequest({ url, method, headers }: GuardedRequest, options: SendOptions): ClientRequest {
  const requestOptions: RequestOptions = {
    method,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port,
    path: url.pathname + url.search,
    headers,
    ...(options.allowPrivate ? {} : { lookup: guardLookup(options.resolve) }),
  }
  return url.protocol === 'https:'
    ? httpsRequest({ ...requestOptions, agent: noReuse.https })
    : httpRequest({ ...requestOptions, agent: noReuse.http })
}

function limitConnecting(request: ClientRequest, connected: 'connect' | 'secureConnect', timeoutMs: number): void {
  const timer = setTimeout(() => request.destroy(new WireError('connectTimeout')), timeoutMs)
  request.once('socket', (socket) => socket.once(connected, () => clearTimeout(timer)))
  request.once('close', () => clearTimeout(timer))
}
