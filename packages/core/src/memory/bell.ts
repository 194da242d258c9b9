export interface Bell {
  /** Tells all listeners, after the caller's present step. */
  ring(): void
  onRing(listener: () => void): () => void
}

export function createBell(): Bell {
  const listeners = new Set<{ listener: () => void }>()
  return {
    ring() {
      for (const entry of listeners) {
        // Later, so that a listener that throws fails by itself and not the commit that rang.
        void Promise.resolve().then(() => {
          if (listeners.has(entry)) entry.listener()
        })
      }
    },
    onRing(listener) {
      // An entry of its own, so that the same function may listen twice and stop once.
      const entry = { listener }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
  }
}
