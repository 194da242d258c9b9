/** An optional parameter that a model refuses; `stream` means it cannot stream at all. */
export type Quirk = 'stream' | 'stream_options' | 'max_tokens' | 'response_format'

/** What is known of models' refusals, so that each is met once. Kept in memory: a restart meets it once more. */
export type QuirkStore = {
  get(providerId: string, model: string): ReadonlySet<Quirk>
  remember(providerId: string, model: string, quirks: Iterable<Quirk>): void
  /** Forgets a provider whose address or models were changed. */
  forget(providerId: string): void
}

/** An empty store. */
export function createQuirkStore(): QuirkStore {
  const known = new Map<string, Map<string, Set<Quirk>>>()
  const none: ReadonlySet<Quirk> = new Set()
  return {
    get: (providerId, model) => known.get(providerId)?.get(model) ?? none,
    remember(providerId, model, quirks) {
      const models = known.get(providerId) ?? new Map<string, Set<Quirk>>()
      models.set(model, new Set([...(models.get(model) ?? []), ...quirks]))
      known.set(providerId, models)
    },
    forget: (providerId) => void known.delete(providerId),
  }
}

const optionalParameters = ['stream_options', 'max_tokens', 'response_format'] as const
const cannot = /\b(?:not|cannot|unsupported|unknown|unrecognized|invalid|disabled|must be false)\b|n't\b|不支持/i

/**
 * Which of the parameters that were sent a 400 refuses by name, from its `param` field and its words.
 * Providers have no common code for this; their words are all there is.
 */
export function findRefusedParameters(
  refusal: { param: string; message: string },
  sent: ReadonlySet<Quirk>,
): ReadonlySet<Quirk> {
  const names = (quirk: Quirk) => refusal.param === quirk || new RegExp(`\\b${quirk}\\b`).test(refusal.message)
  const optional = optionalParameters.filter((quirk) => sent.has(quirk) && names(quirk))
  if (optional.length > 0) return new Set(optional)
  // "stream" is an everyday word: it must be the named parameter, or stand beside a refusal.
  const aboutStreaming = /\bstream(?:ing)?\b|流式/i.test(refusal.message) && cannot.test(refusal.message)
  const refusesStream = refusal.param === 'stream' || aboutStreaming
  return new Set(sent.has('stream') && refusesStream ? ['stream'] : [])
}
