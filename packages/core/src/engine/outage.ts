import { DatabaseUnavailable } from '../ports.ts'
import type { EngineDeps } from './deps.ts'
import type { AbortReason } from './stageErrors.ts'

/**
 * Does `action` again while the database is away, for as long as text would be kept (`outageMs`), but not while the
 * process goes down. What is thrown then is the {@link DatabaseUnavailable}; other errors pass at once.
 * A commit whose answer was lost is done again: `action` must bear that.
 */
export async function waitOutOutage<T>(
  deps: Pick<EngineDeps, 'clock' | 'settings'>,
  signal: AbortSignal,
  action: () => Promise<T>,
): Promise<T> {
  const { clock, settings } = deps
  const startedAt = clock.now()
  for (;;) {
    try {
      return await action()
    } catch (error) {
      const isOver = clock.now() - startedAt > settings.outageMs || signal.reason === ('shutdown' satisfies AbortReason)
      if (!(error instanceof DatabaseUnavailable) || isOver) throw error
      await new Promise<void>((resolve) => clock.after(settings.durableTickMs, resolve))
    }
  }
}
