import type { RelayedPiece, TextRelay, TextSource } from '../textRelay.ts'

export type MemoryRelay = TextRelay & {
  /** How many subscriptions there are. */
  size(): number
  /** What becomes of a piece on its way: how often it arrives. */
  fate: (piece: RelayedPiece) => number
  published: { source: TextSource; piece: RelayedPiece }[]
}

/** A relay between feeds of one test, which may lose and repeat what it carries. */
export function createMemoryRelay(): MemoryRelay {
  const listeners = new Map<string, Set<(piece: RelayedPiece) => void>>()
  const keyOf = ({ rewriteId, attempt }: TextSource): string => `${rewriteId}:${attempt}`
  const relay: MemoryRelay = {
    published: [],
    fate: () => 1,
    publish(source, piece) {
      relay.published.push({ source, piece })
      for (let times = relay.fate(piece); times > 0; times -= 1)
        listeners.get(keyOf(source))?.forEach((listener) => listener(structuredClone(piece)))
    },
    subscribe(source, listener) {
      const ofKey = listeners.get(keyOf(source)) ?? new Set()
      listeners.set(keyOf(source), ofKey.add(listener))
      return () => void ofKey.delete(listener)
    },
    size: () => [...listeners.values()].reduce((sum, ofKey) => sum + ofKey.size, 0),
  }
  return relay
}
