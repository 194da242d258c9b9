import { setTimeout as sleep } from 'node:timers/promises'

export type Clock = {
  /** Monotonic milliseconds. */
  nowMs(): number
  /** Rejects when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

export const monotonicClock: Clock = {
  nowMs: () => performance.now(),
  wait: (ms, signal) => sleep(ms, undefined, { signal }),
}

export type Pace = { tokensPerSecond: number; firstTokenMs: number }

/**
 * Yields how many of `count` tokens are due, each time more are; ends when all are or the signal is aborted.
 * Every token's time is reckoned from the start, so late timers make a larger step and never a slower text.
 */
export async function* paceTokens(
  count: number,
  pace: Pace,
  options: { signal: AbortSignal; clock?: Clock },
): AsyncGenerator<number, void> {
  const clock = options.clock ?? monotonicClock
  const startedAt = clock.nowMs()
  let sent = 0
  while (sent < count && !options.signal.aborted) {
    const due = Math.min(count, countDue(clock.nowMs() - startedAt, pace))
    if (due > sent) {
      sent = due
      yield sent
      continue
    }
    const nextMs = startedAt + pace.firstTokenMs + (sent * 1000) / pace.tokensPerSecond
    if (!(await waited(clock, Math.max(1, nextMs - clock.nowMs()), options.signal))) return
  }
}

function countDue(elapsedMs: number, pace: Pace): number {
  const due = Math.floor(((elapsedMs - pace.firstTokenMs) * pace.tokensPerSecond) / 1000) + 1
  // Without a limit and at its very first moment the product is 0 × ∞.
  return Number.isNaN(due) ? Infinity : due
}

async function waited(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await clock.wait(ms, signal)
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}
