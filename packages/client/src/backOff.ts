const firstMs = 100
const longestMs = 5_000

/** How long to wait before coming back after `failures` in a row, in milliseconds: 100 ms to 5 s, spread by `random` in [0, 1). */
export function decideDelay(failures: number, random: number): number {
  const full = Math.min(longestMs, firstMs * 2 ** Math.max(0, failures))
  return Math.round(Math.max(firstMs, full * (0.5 + random / 2)))
}

/** Waits, but not beyond the signal, nor beyond `hurry`. */
export async function pause(delayMs: number, signal: AbortSignal, hurry?: Promise<unknown>): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const timer = setTimeout(resolve, delayMs)
  signal.addEventListener('abort', resolve, { once: true })
  hurry?.then(resolve, resolve)
  await promise
  clearTimeout(timer)
  signal.removeEventListener('abort', resolve)
}
