import { pause } from './backOff.ts'

/**
 * Why coming back at once is worth a try: the network may be another one than before, so that no connection is to be
 * trusted; or somebody looks again, so that what waits should not.
 */
export type Hint = 'network' | 'shown'

/** Resolves at the next hint. */
export type Hurry = (signal: AbortSignal) => Promise<Hint | void>

/** Tells who listens of each hint. Returns the way to stop listening. */
export type Hints = (heard: (hint: Hint) => void) => () => void

/** Asks for one hint at a time, until the signal. */
export function hearHints(hurry: Hurry | undefined, signal: AbortSignal): Hints {
  const listeners = new Set<(hint: Hint) => void>()
  const ask = async (): Promise<void> => {
    while (hurry !== undefined && !signal.aborted) {
      const hint = (await hurry(signal)) ?? 'shown'
      for (const heard of listeners) heard(hint)
      // Who hints without end must not keep everything else from its turn.
      await pause(0, signal)
    }
  }
  // A hint that fails hints at nothing.
  ask().catch(() => undefined)
  return (heard) => {
    listeners.add(heard)
    return () => void listeners.delete(heard)
  }
}
