/**
 * Says that something changed, never what: who hears it looks at what is stored. A lost ring costs time, never text.
 * This one rings within the process; a bell between processes wraps it and rings it from outside.
 */
/** `task`: somebody wishes that it stops. `outbox`: there are new messages to the outside. */
export const bellKinds = ['project', 'workspace', 'rewrite', 'task', 'outbox'] as const
export type BellKind = (typeof bellKinds)[number]
export type BellKey = `${BellKind}:${string}`

export interface Doorbell {
  ring(key: BellKey): void
  /** Calls `listener` on every ring of `key`. Returns the way to stop; listeners must not throw. */
  listen(key: BellKey, listener: () => void): () => void
  /** How many listeners there are. */
  size(): number
}

export interface LocalDoorbell extends Doorbell {
  /** Rings every bell that somebody listens to, or those of one kind: for what may have been missed. */
  ringAll(kind?: BellKind): void
}

export function createDoorbell(): LocalDoorbell {
  const listeners = new Map<BellKey, Set<() => void>>()
  let count = 0
  const ring = (key: BellKey): void => listeners.get(key)?.forEach((listener) => listener())
  return {
    ring,
    ringAll(kind) {
      // A copy: who hears a bell may begin to listen to others.
      const keys = [...listeners.keys()].filter((key) => kind === undefined || key.startsWith(`${kind}:`))
      keys.forEach(ring)
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
