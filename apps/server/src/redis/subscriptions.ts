import type { Connection } from './connection.ts'

type Listener = (message: string) => void

export type Subscriptions = {
  /** Returns the way to stop. Heard as soon as Redis has answered; while it is away, as soon as it is back. */
  add(channel: string, listener: Listener): () => void
  /** Subscribes to all anew, on a connection that has just been made. */
  renew(): void
  size(): number
}

/** What is heard on a connection, a channel at a time, by however many. */
export function createSubscriptions({ redis, isReady }: Connection): Subscriptions {
  const channels = new Map<string, Set<Listener>>()
  redis.on('message', (channel: string, message: string) => {
    for (const listener of channels.get(channel) ?? []) listener(message)
  })
  // Whatever goes wrong with these, the connection is made anew and `renew` subscribes again.
  const subscribe = (names: string[]): void => void redis.subscribe(...names).catch(() => {})
  const unsubscribe = (name: string): void => void redis.unsubscribe(name).catch(() => {})
  return {
    add(channel, listener) {
      // A wrapper of its own, so that the same function may listen twice.
      const entry: Listener = (message) => listener(message)
      const known = channels.get(channel)
      if (known === undefined) {
        channels.set(channel, new Set([entry]))
        if (isReady()) subscribe([channel])
      } else known.add(entry)
      return () => {
        const ofChannel = channels.get(channel)
        if (ofChannel?.delete(entry) !== true || ofChannel.size > 0) return
        channels.delete(channel)
        if (isReady()) unsubscribe(channel)
      }
    },
    renew() {
      if (channels.size > 0) subscribe([...channels.keys()])
    },
    size: () => channels.size,
  }
}
