import type { Failure } from '../errors.ts'

export type Message = { role: 'system' | 'user' | 'assistant'; content: string }

/** One call of a model. `format: 'json'` asks for a JSON object where the model supports asking. */
export type CallRequest = {
  messages: readonly Message[]
  format: 'text' | 'json'
  /** A model the user chose; otherwise the provider's own default. */
  model: string | null
  /** Aborting it closes the provider's socket. */
  signal: AbortSignal
}

export type Usage = { promptTokens: number; completionTokens: number; estimated: boolean }

export type CallEvent =
  /** The request is about to leave: which provider and model it goes to. Always the first event. */
  | { type: 'sent'; providerId: string; providerName: string; model: string }
  /** Raw text as the provider sent it: not normalised, never empty. */
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }

/** Why a call failed, with what the retry policy needs to know. */
export type CallFailure = Failure & {
  /** True when the same call may succeed a little later (429, 5xx, reset before the first token). */
  transient: boolean
  /** What the provider asked for in Retry-After, in milliseconds. */
  retryAfterMs: number | null
}

export type CallOutcome =
  | { type: 'finished'; reason: 'stop' | 'length' | 'contentFilter'; usage: Usage | null }
  | { type: 'failed'; failure: CallFailure; usage: Usage | null }
  /** The signal was aborted by the caller. */
  | { type: 'aborted' }

/**
 * A way to call models. Failures of the provider are outcomes (the generator's return value), never exceptions.
 * Watchdogs and retries are the engine's: `stream` makes exactly one HTTP call (and at most one more where the
 * provider refuses an optional parameter by name).
 */
export interface ProviderPort {
  stream(request: CallRequest): AsyncGenerator<CallEvent, CallOutcome>
}
