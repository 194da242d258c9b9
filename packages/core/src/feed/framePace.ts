const leastFrameMs = 16
const mostFrameMs = 250
const healthyDelayMs = 20

/**
 * The least time between two frames of a text, in milliseconds, for an event loop that is `loopDelayMs` late: one
 * display frame while it is healthy, growing to a quarter of a second as it falls behind, so that load sheds itself.
 */
export function frameMsOf(loopDelayMs: number): number {
  const late = Math.max(0, loopDelayMs - healthyDelayMs)
  return Math.min(mostFrameMs, leastFrameMs + late * 4)
}
