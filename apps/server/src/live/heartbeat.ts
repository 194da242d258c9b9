import type { SseConnection } from './sseConnection.ts'

const pingFrame = Buffer.from('event: ping\ndata: \n\n\n')

/**
 * Pings every connection that was silent for `intervalMs`; null: none. One timer for all of them, so a ping is late by
 * up to a quarter. A full connection is not pinged: what fills it says enough. Returns the way to stop.
 */
export function startHeartbeat(connections: ReadonlySet<SseConnection>, intervalMs: number | null): () => void {
  if (intervalMs === null || intervalMs <= 0 || intervalMs === Infinity) return () => undefined
  const timer = setInterval(() => {
    const silentSince = performance.now() - intervalMs
    for (const connection of connections) {
      if (connection.lastWriteAt <= silentSince && !connection.isFull) connection.write([pingFrame])
    }
  }, intervalMs / 4)
  timer.unref()
  return () => clearInterval(timer)
}
