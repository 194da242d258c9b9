/**
 * Hands on at most one value a frame, the newest. Values in between are dropped: each is the whole, so nothing is lost.
 * A hidden page gets no frames, so there a timer takes their place.
 */
export type FramePublisher<T> = { offer(value: T): void; stop(): void }

/** Rendering a very long text costs more than a frame; above this many characters it is done at about 12 Hz. */
const longText = 80_000
const longTextIntervalMs = 80

export function createFramePublisher<T>(
  publish: (value: T) => void,
  lengthOf: (value: T) => number,
): FramePublisher<T> {
  let waiting: { value: T } | null = null
  let cancel: (() => void) | null = null
  let publishedMs = Number.NEGATIVE_INFINITY

  function flush(): void {
    cancel = null
    if (waiting === null) return
    const { value } = waiting
    waiting = null
    publishedMs = performance.now()
    publish(value)
  }

  return {
    offer(value) {
      waiting = { value }
      if (cancel !== null) return
      const restMs = lengthOf(value) > longText ? publishedMs + longTextIntervalMs - performance.now() : 0
      cancel = restMs > 0 || document.hidden ? afterDelay(flush, Math.max(restMs, 16)) : onNextFrame(flush)
    },
    stop() {
      cancel?.()
      cancel = null
      waiting = null
    },
  }
}

function afterDelay(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms)
  return () => clearTimeout(timer)
}

function onNextFrame(callback: () => void): () => void {
  const frame = requestAnimationFrame(callback)
  return () => cancelAnimationFrame(frame)
}
