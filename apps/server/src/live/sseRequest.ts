import type { IncomingMessage } from 'node:http'
import { TRPCError, type AnyTRPCRouter } from '@trpc/server'
import { parseConnectionParamsFromString, type TRPCRequestInfo } from '@trpc/server/http'

/** A subscription asked for over HTTP, as tRPC's own adapter reads it. */
export type SseRequest = {
  path: string
  url: URL
  /** The id the viewer's EventSource holds, where it is one that can be sent back. */
  heldId: string | null
  /** The input with the last event's id in it; throws a TRPCError when it is not JSON. */
  readInput(): unknown
  /** What `readInput` found in the request, for error formatters; undefined before. */
  input(): unknown
}

type Asked = Pick<IncomingMessage, 'method' | 'url' | 'headers'>

/** The procedure a request asks for, when it is a plain subscription; null: tRPC's own adapter answers it. */
export function findPath(request: Asked, basePath: string): string | null {
  const { method, url = '', headers } = request
  const contentType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (method !== 'GET' || !url.startsWith(`${basePath}/`)) return null
  if (contentType !== undefined && contentType !== 'application/json') return null
  if (wantsJsonLines(headers) || !URL.canParse(url, 'http://host')) return null
  const { pathname, searchParams } = new URL(url, 'http://host')
  if (searchParams.get('batch') === '1') return null
  try {
    return decodeURIComponent(pathname.slice(basePath.length + 1))
  } catch {
    return null
  }
}

export function readSseRequest(router: AnyTRPCRouter, request: Asked, path: string): SseRequest {
  const url = urlOf(request)
  const lastEventId = lastEventIdOf(request, url)
  let found: unknown
  return {
    path,
    url,
    heldId: lastEventId && !/[\0\n\r]/.test(lastEventId) ? lastEventId : null,
    input: () => found,
    readInput() {
      found = parseInput(router, url.searchParams.get('input'))
      return lastEventId ? withLastEventId(found, lastEventId) : found
    },
  }
}

/** What tRPC tells `createContext` of a request. Throws a TRPCError when the connection's parameters are malformed. */
export function describeRequest(request: SseRequest, signal: AbortSignal): TRPCRequestInfo {
  const connectionParams = request.url.searchParams.get('connectionParams')
  return {
    isBatchCall: false,
    accept: null,
    type: 'subscription',
    calls: [],
    connectionParams: connectionParams === null ? null : parseConnectionParamsFromString(connectionParams),
    signal,
    url: request.url,
  }
}

function parseInput(router: AnyTRPCRouter, json: string | null): unknown {
  if (json === null || json === '') return undefined
  try {
    return router._def._config.transformer.input.deserialize(JSON.parse(json))
  } catch (cause) {
    if (cause instanceof TRPCError) throw cause
    throw new TRPCError({
      code: 'BAD_REQUEST',
      message: cause instanceof Error ? cause.message : 'Invalid input',
      cause,
    })
  }
}

function withLastEventId(input: unknown, lastEventId: string): unknown {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...input, lastEventId }
  return input ?? { lastEventId }
}

function lastEventIdOf({ headers }: Asked, { searchParams }: URL): string | null {
  const header = headers['last-event-id']
  const given = Array.isArray(header) ? header[0] : header
  return given ?? searchParams.get('lastEventId') ?? searchParams.get('Last-Event-Id')
}

function wantsJsonLines(headers: Asked['headers']): boolean {
  const accepted = headers['trpc-accept'] ?? headers.accept ?? ''
  return accepted.includes('application/jsonl')
}

function urlOf({ url = '/', headers }: Asked): URL {
  const withHost = `http://${headers.host ?? 'localhost'}`
  return new URL(url, URL.canParse(withHost) ? withHost : 'http://localhost')
}
