/** A signal of one's own that is aborted with others, or by `abort`. */
export type LinkedAbort = {
  signal: AbortSignal
  abort(): void
  /** Lets go of the other signals, which may live much longer; call it when done. */
  release(): void
}

export function abortWith(...signals: (AbortSignal | undefined)[]): LinkedAbort {
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  for (const signal of signals) {
    if (signal?.aborted === true) abort()
    signal?.addEventListener('abort', abort, { once: true })
  }
  return {
    signal: controller.signal,
    abort,
    release: () => signals.forEach((signal) => signal?.removeEventListener('abort', abort)),
  }
}

/** Runs with a signal that is aborted when `limitMs` are over, or with the given one. */
export async function within<T>(
  limitMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const linked = abortWith(signal)
  const timer = setTimeout(linked.abort, limitMs)
  try {
    return await run(linked.signal)
  } finally {
    clearTimeout(timer)
    linked.release()
  }
}
