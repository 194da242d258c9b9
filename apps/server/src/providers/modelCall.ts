import type { CallEvent, CallFailure, CallOutcome, CallRequest } from '@stagewright/core'
import { OpenAI, APIError } from 'openai'
import type { Stream } from 'openai/streaming'
import type { ResolveHost } from '../outgoing/addressGuard.ts'
import { buildCallBody } from './callBody.ts'
import { buildFailure, failBadAnswer, failByStatement, failInterrupted, type Callee } from './callFailure.ts'
import { followCall, type CallProgress } from './callProgress.ts'
import { parseErrorBody, readErrorObject } from './errorBody.ts'
import { createGuardedFetch } from './guardedFetch.ts'
import type { Wire } from './wireBody.ts'
import { findRefusedParameters, type Quirk } from './quirks.ts'
import { readChunk } from './readChunk.ts'
import { readRetryAfterMs } from '../outgoing/retryAfter.ts'
import { failByTransport } from './transportFailure.ts'

/*
 * One HTTP call. Guarantees: the socket is closed when the call's signal aborts, when the reader leaves, and at the
 * latest when the generator ends; nothing of the call (listener, timer, socket) outlives it; it never throws for what
 * a provider does. States: sent → accepted (a fit answer began) → finishing (finish reason seen) → ended.
 */

/** Caps of one call: sizes in bytes, times in milliseconds. */
export type CallLimits = {
  /** All that is read of an answer. */
  bytes: number
  /** The text in UTF-8. */
  textBytes: number
  /** TCP and TLS handshakes. */
  connectTimeoutMs: number
  /** How long to wait for the usage, or the end of the stream, after the finish reason. */
  usageGraceMs: number
}

export type ModelCall = {
  callee: Callee
  baseUrl: string
  allowPrivate: boolean
  maxTokens: number | null
  /** What is left out because the model refuses it. */
  refused: ReadonlySet<Quirk>
  limits: CallLimits
  resolve: ResolveHost | undefined
  /** Called once when an answer of the right kind begins. */
  onAccepted(): void
}

/** `refused` is not empty when a 400 named optional parameters that were sent: nothing was yielded then. */
export type CallResult = { outcome: CallOutcome; refused: ReadonlySet<Quirk> }

// The largest delay a timer takes. The SDK's timeout would end with the headers; the watchdogs are the engine's.
const noTimeoutMs = 2 ** 31 - 1

/** Makes one call and yields its text and reasoning as they arrive. */
export async function* callModel(call: ModelCall, request: CallRequest): AsyncGenerator<CallEvent, CallResult> {
  const { callee, limits } = call
  const ending = new AbortController()
  const end = () => ending.abort()
  request.signal.addEventListener('abort', end, { once: true })
  if (request.signal.aborted) end()
  const { fetch, wire } = createGuardedFetch({
    apiKey: callee.apiKey,
    allowPrivate: call.allowPrivate,
    signal: ending.signal,
    maxBytes: limits.bytes,
    connectTimeoutMs: limits.connectTimeoutMs,
    resolve: call.resolve,
  })
  const { body, sent } = buildCallBody(request, {
    model: callee.model,
    maxTokens: call.maxTokens,
    refused: call.refused,
  })
  const progress = followCall(callee, limits.textBytes)
  const exchange: Exchange = { call, client: createClient(call.baseUrl, fetch), body, wire, progress, ending }
  try {
    const trouble = yield* sent.has('stream') ? receiveStream(exchange) : receiveWhole(exchange)
    return conclude(exchange, request.signal, trouble, sent)
  } catch (error) {
    return conclude(exchange, request.signal, explain(error, wire, callee), sent)
  } finally {
    request.signal.removeEventListener('abort', end)
    end()
  }
}

type Exchange = {
  call: ModelCall
  client: OpenAI
  body: Record<string, unknown>
  wire: Wire
  progress: CallProgress
  ending: AbortController
}

function createClient(baseURL: string, fetch: typeof globalThis.fetch): OpenAI {
  // The key stays out of the SDK, so that no error or log of it can hold the key: our fetch adds it, and drops the
  // headers that the SDK makes of the environment (OPENAI_ORG_ID and others), which belong to no user's provider.
  return new OpenAI({
    baseURL,
    fetch,
    apiKey: 'added-by-fetch',
    maxRetries: 0,
    timeout: noTimeoutMs,
    logLevel: 'off',
    fetchOptions: { redirect: 'error' },
  })
}

async function* receiveStream(exchange: Exchange): AsyncGenerator<CallEvent, CallFailure | null> {
  const { client, body, progress, ending, call } = exchange
  // Not chat.completions.create: that one throws over a null among the choices.
  const { data: stream, response } = await client
    .post<Stream<unknown>>('/chat/completions', { body, stream: true, signal: ending.signal })
    .withResponse()
  const type = response.headers.get('content-type') ?? ''
  if (/html|json/i.test(type)) return explainUnstreamed(call.callee, await response.text())
  call.onAccepted()
  let grace: NodeJS.Timeout | undefined
  try {
    for await (const raw of stream) {
      const chunk = readChunk(raw)
      const trouble = yield* progress.take(chunk)
      if (trouble !== null) return trouble
      // Text after a finish reason (some send one with every chunk) shows that the end has not come yet.
      if (progress.finish === null || (grace !== undefined && chunk.text === '')) continue
      clearTimeout(grace)
      grace = setTimeout(() => ending.abort(), call.limits.usageGraceMs)
    }
    return null
  } finally {
    clearTimeout(grace)
  }
}

/** For a model that cannot stream: the whole answer at once, as one chunk. */
async function* receiveWhole(exchange: Exchange): AsyncGenerator<CallEvent, CallFailure | null> {
  const { client, body, progress, ending, call } = exchange
  const response = await client.post('/chat/completions', { body, signal: ending.signal }).asResponse()
  const text = await response.text()
  const parsed = parseJson(text)
  if (parsed === undefined) return explainUnstreamed(call.callee, text)
  call.onAccepted()
  return yield* progress.take(readChunk(parsed))
}

function conclude(
  { wire, progress }: Exchange,
  signal: AbortSignal,
  trouble: CallFailure | null,
  sent: ReadonlySet<Quirk>,
): CallResult {
  // First: the SDK swallows the abort and lets the stream seem to have ended.
  if (signal.aborted) return { outcome: { type: 'aborted' }, refused: new Set() }
  const outcome = progress.conclude(trouble)
  const refusal = wire.status === 400 || wire.status === 422
  const refused = refusal ? findRefusedParameters(parseErrorBody(wire.errorBody), sent) : new Set<Quirk>()
  return { outcome, refused }
}

/** A 200 that is no stream: an error, a web page, or something else in JSON. */
function explainUnstreamed(callee: Callee, text: string): CallFailure {
  const parsed = parseJson(text)
  if (parsed === undefined) return failBadAnswer(callee, /<[a-z!]/i.test(text) ? 'a web page' : 'something unreadable')
  const { error } = readChunk(parsed)
  if (error === null) return failBadAnswer(callee, 'plain JSON')
  return failByStatement(callee, { status: null, body: readErrorObject(error), retryAfterMs: null })
}

function explain(error: unknown, wire: Wire, callee: Callee): CallFailure {
  if (wire.failure !== null) return failByTransport(callee, wire.failure, { answered: wire.status !== null })
  if (wire.status !== null && wire.status >= 400) {
    const retryAfterMs = readRetryAfterMs(wire.headers, Date.now())
    return failByStatement(callee, { status: wire.status, body: parseErrorBody(wire.errorBody), retryAfterMs })
  }
  if (error instanceof APIError) {
    return failByStatement(callee, { status: null, body: readErrorObject(error.error), retryAfterMs: null })
  }
  if (!(error instanceof SyntaxError)) {
    return buildFailure(
      callee,
      'server.internal',
      `The call of ${callee.name} failed here, for no fault of the provider's.`,
      {
        params: { reason: error instanceof Error ? error.name : typeof error },
      },
    )
  }
  // An event cut in two by the end of the stream, or one that never was JSON.
  return wire.endedInLine ? failInterrupted(callee, 'cutEvent') : failBadAnswer(callee, 'broken JSON')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
