const httpDate = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /
const plainNumber = /^\d{1,15}(?:\.\d+)?$/

type HeaderSource = { get(name: string): string | null }

/**
 * How long the provider asks us to wait, in milliseconds from `nowMs` (a wall clock), or null when it says nothing
 * that makes sense. Not capped: the engine does that. A moment that has passed is 0.
 */
export function readRetryAfterMs(headers: HeaderSource, nowMs: number): number | null {
  const exact = readNumber(headers.get('retry-after-ms'))
  if (exact !== null) return Math.ceil(exact)
  const value = headers.get('retry-after')?.trim() ?? ''
  const seconds = readNumber(value)
  if (seconds !== null) return Math.ceil(seconds * 1000)
  // Date.parse takes almost anything ("soon 5" is a day in 2001): only what begins like an HTTP date is one.
  if (!httpDate.test(value)) return null
  const at = Date.parse(value)
  if (Number.isNaN(at)) return null
  // Its own Date header, when there is one, frees the difference from our clock's error.
  const providerNow = Date.parse(headers.get('date') ?? '')
  return Math.max(0, at - (Number.isNaN(providerNow) ? nowMs : providerNow))
}

function readNumber(value: string | null): number | null {
  const trimmed = value?.trim() ?? ''
  return plainNumber.test(trimmed) ? Number(trimmed) : null
}
