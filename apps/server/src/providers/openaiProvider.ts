import type { CallEvent, CallOutcome, CallRequest, ProviderPort } from '@stagewright/core'
import type { ResolveHost } from '../outgoing/addressGuard.ts'
import type { Callee } from './callFailure.ts'
import { buildFailure } from './callFailure.ts'
import { callModel, type CallLimits, type ModelCall } from './modelCall.ts'
import type { QuirkStore } from './quirks.ts'
import { failBadUrl } from './transportFailure.ts'

export type OpenaiProviderOptions = {
  id: string
  name: string
  /** Up to and without `/chat/completions`. */
  baseUrl: string
  /** null for providers that take none. */
  apiKey: string | null
  /** Used where the request names none. */
  model: string
  /** True for addresses the operator set; otherwise only public ones are connected to. */
  allowPrivate: boolean
  quirks: QuirkStore
  /** Sent as `max_tokens` when given. */
  maxTokens?: number
  /** Tests set smaller ones. */
  limits?: Partial<CallLimits>
  /** How host names are resolved; the system's resolver by default. */
  resolve?: ResolveHost
}

const defaultLimits: CallLimits = {
  bytes: 16 * 1024 * 1024,
  textBytes: 4 * 1024 * 1024,
  connectTimeoutMs: 15_000,
  usageGraceMs: 2000,
}

/**
 * An OpenAI-compatible provider. Each `stream` makes one HTTP call, and one more where a 400 refuses an optional
 * parameter by name; what was refused is remembered in `quirks` for the model.
 */
export function createOpenaiProvider(options: OpenaiProviderOptions): ProviderPort {
  return { stream: (request) => streamCall(options, request) }
}

async function* streamCall(
  options: OpenaiProviderOptions,
  request: CallRequest,
): AsyncGenerator<CallEvent, CallOutcome> {
  if (request.signal.aborted) return { type: 'aborted' }
  const { id, name, apiKey, quirks } = options
  const model = request.model ?? options.model
  const url = parseBaseUrl(options.baseUrl)
  const callee: Callee = { name, model, host: url?.host ?? '', apiKey }
  yield { type: 'sent', providerId: id, providerName: name, model }
  if (url === null) return { type: 'failed', failure: failBadUrl(callee), usage: null }
  // Checked here because the HTTP layer would repeat the key in its complaint.
  if (apiKey !== null && !/^[\x21-\x7e]+$/.test(apiKey)) return refuseKey(callee)

  const known = quirks.get(id, model)
  const call = describeCall(options, callee)
  const first = yield* callModel({ ...call, refused: known, onAccepted: () => undefined }, request)
  if (first.refused.size === 0 || request.signal.aborted) return first.outcome
  const without = new Set([...known, ...first.refused])
  // Remembered only once it has helped: the name may have stood in the refusal for another reason.
  const remember = () => quirks.remember(id, model, first.refused)
  const second = yield* callModel({ ...call, refused: without, onAccepted: remember }, request)
  if (second.refused.size === 0) return second.outcome
  // It refuses one after the other: both are known now, so the engine's next try gets further.
  quirks.remember(id, model, [...first.refused, ...second.refused])
  return offerRetry(second.outcome)
}

function describeCall(options: OpenaiProviderOptions, callee: Callee): Omit<ModelCall, 'refused' | 'onAccepted'> {
  const { baseUrl, allowPrivate, maxTokens = null, limits, resolve } = options
  return { callee, baseUrl, allowPrivate, maxTokens, limits: { ...defaultLimits, ...limits }, resolve }
}

function parseBaseUrl(baseUrl: string): URL | null {
  const url = URL.parse(baseUrl)
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') return null
  return url
}

function refuseKey(callee: Callee): CallOutcome {
  const message = `The API key set for ${callee.name} holds characters that no key has (spaces, line breaks or letters outside ASCII). Enter it again.`
  const failure = buildFailure(callee, 'provider.keyRefused', message, { params: { reason: 'malformed' } })
  return { type: 'failed', failure, usage: null }
}

function offerRetry(outcome: CallOutcome): CallOutcome {
  return outcome.type === 'failed' ? { ...outcome, failure: { ...outcome.failure, transient: true } } : outcome
}
