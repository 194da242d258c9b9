import type { CallFailure } from '../ports/provider.ts'
import type { EngineSettings } from './settings.ts'

/**
 * How long to wait before the same call is made again, in milliseconds; null when it must not be.
 * Only for calls that have brought no token. `random` in [0, 1) spreads the tries of many tasks.
 */
export function decideRetry(
  failure: CallFailure,
  triesMade: number,
  settings: EngineSettings,
  random: number,
): number | null {
  if (!failure.transient || triesMade >= settings.callTries) return null
  if (failure.retryAfterMs !== null) return Math.min(Math.max(0, failure.retryAfterMs), settings.retryAfterCapMs)
  return settings.retryDelayMs * 2 ** (triesMade - 1) * (0.5 + random)
}
