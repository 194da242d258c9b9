import type { ErrorBody } from './errorBody.ts'

/** What a provider's stated error is about. */
export type StatementKind =
  | 'balance'
  | 'key'
  | 'rate'
  | 'model'
  | 'tooLong'
  | 'filtered'
  | 'address'
  | 'trouble'
  | 'refused'

const lengthWords =
  /context[ _](length|window|size)|maximum (context|input|prompt)|(prompt|input) is too long|too many (input )?tokens|超过.{0,12}(长度|限制)/i
const modelWords = /\bmodel\b.{0,80}(not exist|not found|unknown|not available)|unknown model/i

/**
 * Sorts an error by its HTTP status (null: none, as in the middle of a stream) and its body. Providers share no codes
 * beyond the status, so the code and type are looked at first, and the message where those say no more than "refused".
 */
export function classifyStatement(status: number | null, { kind, message }: ErrorBody): StatementKind {
  return classifyByCode(status, kind) ?? classifyByWords(status, message)
}

function classifyByCode(status: number | null, kind: string): StatementKind | null {
  // Before the status: some send "no quota left" as 403 or 429, which are otherwise about keys and rates.
  if (status === 402 || /insufficient_(quota|balance|credit)|billing|arrearage|quota_exceeded/.test(kind))
    return 'balance'
  if (status === 401 || status === 403 || /invalid_api_key|authentication|permission/.test(kind)) return 'key'
  if (status === 429 || /rate_limit/.test(kind)) return 'rate'
  if (status === 413 || /context_length|context_window|too_long/.test(kind)) return 'tooLong'
  if (/content_filter|content_policy|data_inspection/.test(kind)) return 'filtered'
  if (/model_not_(found|exist)|invalid_model/.test(kind)) return 'model'
  if (status !== null && (status >= 500 || [408, 409, 425].includes(status))) return 'trouble'
  return null
}

function classifyByWords(status: number | null, message: string): StatementKind {
  if (lengthWords.test(message)) return 'tooLong'
  if (modelWords.test(message)) return 'model'
  if (status === 404) return /\bmodel\b/i.test(message) ? 'model' : 'address'
  return status === null ? 'trouble' : 'refused'
}

/** The numbers in a refusal for length, in tokens; null where it names none. */
export function readTokenLimits(message: string): { limitTokens: number | null; requestedTokens: number | null } {
  return {
    limitTokens: findCount(message, /(?:maximum|limit|at most|context (?:length|window|size))\D{0,60}?(\d[\d,]*)/i),
    requestedTokens: findCount(
      message,
      /(?:requested|resulted in|contains?|has|your (?:prompt|input))\D{0,40}?(\d[\d,]*)(?= ?(?:tokens|\())/i,
    ),
  }
}

function findCount(message: string, pattern: RegExp): number | null {
  const count = Number(pattern.exec(message)?.[1]?.replaceAll(',', ''))
  return Number.isSafeInteger(count) && count > 0 ? count : null
}
