/**
 * Says that something changed, never what: who hears it looks at what is stored. A lost ring costs time, never text.
 * This one rings within the process; a bell between processes wraps it and rings it from outside.
 */
export type BellKey = `project:${string}` | `workspace:${string}` | `rewrite:${string}`

export interface Doorbell {
  ring(key: BellKey): void
  /** Calls `listener` on every ring of `key`. Returns the way to stop; listeners must not throw. */
  listen(key: BellKey, listener: () => void): () => void
  /** How many listeners there are. */
  size(): number
}

export function createDoorbell(): Doorbell {
  const listeners = new Map<BellKey, Set<() => void>>()
  let count = 0
  return {
    ring(key) {
      listeners.get(key)?.forEach((listener) => listener())
    },
    listen(key, listener) {
      // A wrapper of its own, so that the same function may listen twice.
      const entry = (): void => listener()
      const ofKey = listeners.get(key) ?? new Set()
      listeners.set(key, ofKey.add(entry))
      count += 1
      return () => {
        if (!ofKey.delete(entry)) return
        count -= 1
        if (ofKey.size === 0 && listeners.get(key) === ofKey) listeners.delete(key)
      }
    },
    size: () => count,
  }
}
