import type { CallFailure, ErrorCode, ErrorParams } from '@stagewright/core'
import { classifyStatement, readTokenLimits, type StatementKind } from './classifyStatement.ts'
import type { ErrorBody } from './errorBody.ts'
import { quoteProvider } from './providerWords.ts'

/** Whose call failed, for the words of the failure. The key is here only to be kept out of them. */
export type Callee = { name: string; model: string; host: string; apiKey: string | null }

/** An error as a provider states it. `status` is null in the middle of a stream. */
export type Statement = { status: number | null; body: ErrorBody; retryAfterMs: number | null }

export type FailureDetails = { transient?: boolean; retryAfterMs?: number | null; params?: ErrorParams }

/** A failure that names the provider and model. `message` says what happened and what to do. */
export function buildFailure(
  callee: Callee,
  code: ErrorCode,
  message: string,
  details: FailureDetails = {},
): CallFailure {
  return {
    code,
    message,
    params: { provider: callee.name, model: callee.model, ...details.params },
    transient: details.transient ?? false,
    retryAfterMs: details.retryAfterMs ?? null,
  }
}

/** The failure for an error that the provider states, in an error answer or as an error object. */
export function failByStatement(callee: Callee, { status: httpStatus, body, retryAfterMs }: Statement): CallFailure {
  const status = httpStatus ?? body.status
  const detail = quoteProvider(body.message, callee.apiKey)
  const params = { status, detail }
  const wording = wordings[classifyStatement(status, body)]
  const message = wording.say({ ...callee, says: detail === null ? '' : ` It says: ${detail}` })
  const { code } = wording
  if (code === 'provider.tooLong')
    return buildFailure(callee, code, message, { params: { ...params, ...readTokenLimits(body.message) } })
  // No detail: what a provider says of a key it refuses tends to hold a part of the key.
  if (code === 'provider.keyRefused') return buildFailure(callee, code, message, { params: { status } })
  if (wording.transient !== true) return buildFailure(callee, code, message, { params })
  return buildFailure(callee, code, message, { params, transient: true, retryAfterMs })
}

type Wording = { code: ErrorCode; transient?: boolean; say: (said: Callee & { says: string }) => string }

const wordings: Record<StatementKind, Wording> = {
  balance: {
    code: 'provider.balance',
    say: ({ name }) =>
      `The account at ${name} has no balance or quota left. Top it up there, or choose another provider.`,
  },
  key: { code: 'provider.keyRefused', say: ({ name }) => `${name} refused the API key. Enter a valid key for it.` },
  rate: {
    code: 'provider.rateLimited',
    transient: true,
    say: ({ name }) => `${name} takes no more calls at the moment. Try again later.`,
  },
  model: {
    code: 'provider.modelUnknown',
    say: ({ name, model }) => `${name} does not know the model ${model}. Choose another model.`,
  },
  tooLong: {
    code: 'provider.tooLong',
    say: ({ name, model, says }) =>
      `The input is too long for ${model} at ${name}. Shorten it, or choose a model that takes more.${says}`,
  },
  filtered: {
    code: 'provider.contentFiltered',
    say: ({ name, says }) => `${name} refused the content of this call. Change the input or the instruction.${says}`,
  },
  address: {
    code: 'provider.badAnswer',
    say: ({ name, says }) => `There is no chat model at the address set for ${name}. Check its base URL.${says}`,
  },
  trouble: {
    code: 'provider.failed',
    transient: true,
    say: ({ name, says }) => `${name} failed on its side. Try again.${says}`,
  },
  refused: {
    code: 'provider.refused',
    say: ({ name, says }) => `${name} refused the call. Change the input or the provider's settings.${says}`,
  },
}

/** The failure for an answer that just stopped. `reason` is a word for the details. */
export function failInterrupted(callee: Callee, reason: string): CallFailure {
  const message = `The connection to ${callee.name} broke off before the text was complete. Try again, or continue from what came.`
  return buildFailure(callee, 'provider.interrupted', message, { params: { reason }, transient: true })
}

/** The failure for an answer that is not a model's. `found` says what it was, with its article. */
export function failBadAnswer(callee: Callee, found: string, details: FailureDetails = {}): CallFailure {
  const message = `${callee.name} answered with ${found} instead of a model's text. Check its base URL, or try again.`
  return buildFailure(callee, 'provider.badAnswer', message, { ...details, params: { found } })
}

/** The failure for an answer beyond one of our caps. */
export function failTooMuch(callee: Callee): CallFailure {
  const message = `${callee.name} sent more than one call may bring and was stopped. Ask for less at once, or choose another model.`
  return buildFailure(callee, 'provider.tooMuch', message)
}
