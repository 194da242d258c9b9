import type { IncomingMessage } from 'node:http'
import { sendGuarded, type SendOptions } from '../outgoing/sendGuarded.ts'
import { WireError } from '../outgoing/wireError.ts'
import { readStart } from '../outgoing/readStart.ts'
import { streamBody, type Wire } from './wireBody.ts'

/*
 * The fetch that the SDK is given, for one call each. Guarantees: connects only to allowed addresses; follows no
 * redirect; reads no more than `maxBytes`; sends the key and no header the SDK or its environment adds; the socket is
 * closed as soon as `signal` aborts, and never outlives the response (no connection is kept for later).
 */

export type GuardedFetchOptions = SendOptions & { apiKey: string | null; maxBytes: number }

const maxErrorBytes = 64 * 1024

/** A fetch for one call, and the record it keeps of it. It rejects with `WireError` or node's own network errors. */
export function createGuardedFetch(options: GuardedFetchOptions): { fetch: typeof fetch; wire: Wire } {
  const wire: Wire = { status: null, headers: new Headers(), errorBody: '', endedInLine: false, failure: null }
  const guardedFetch: typeof fetch = async (input, init = {}) => {
    try {
      const request = {
        url: new URL(input instanceof Request ? input.url : input),
        method: init.method ?? 'GET',
        headers: chooseHeaders(new Headers(init.headers), options.apiKey),
        body: typeof init.body === 'string' ? init.body : undefined,
      }
      const message = await sendGuarded(request, options)
      return await toResponse(message, wire, options.maxBytes)
    } catch (error) {
      wire.failure ??= error
      throw error
    }
  }
  return { fetch: guardedFetch, wire }
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

function readHeaders(message: IncomingMessage): Headers {
  const headers = new Headers()
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value)
  }
  return headers
}
