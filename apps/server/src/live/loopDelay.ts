import { monitorEventLoopDelay } from 'node:perf_hooks'

const sampleMs = 20
const windowMs = 500

/** How late this process's event loop is: the 90th percentile of the last half second, in milliseconds. */
export function watchLoopDelay(): { delayMs(): number; stop(): void } {
  const histogram = monitorEventLoopDelay({ resolution: sampleMs })
  let delayMs = 0
  histogram.enable()
  const timer = setInterval(() => {
    // A sample is the time between two beats of the sampler: on time it is `sampleMs`.
    delayMs = histogram.count === 0 ? 0 : Math.max(0, histogram.percentile(90) / 1e6 - sampleMs)
    histogram.reset()
  }, windowMs)
  timer.unref()
  return {
    delayMs: () => delayMs,
    stop() {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
