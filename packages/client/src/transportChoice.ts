import type { StudioOptions, Transport } from './links.ts'

const failuresAllowed = 2

/** Which transport to use. Pure: it is told what happened. */
export type TransportChoice = {
  current(): Transport
  /** Those before the current one in order of preference: worth another try from time to time. */
  better(): readonly Transport[]
  /** Whether there is another one to go on to. */
  hasNext(): boolean
  /** The current one came through. */
  delivered(): void
  /** The current one did not, although the server was there. True: the next one is now the current one. */
  failed(): boolean
  /** A better one was seen to come through. */
  goBackTo(transport: Transport): void
}

/** SSE, then WebSocket, then polling, each given up after two failures in a row; or the one that is wanted. */
export function createTransportChoice(wanted: StudioOptions['transport']): TransportChoice {
  const chain: readonly [Transport, ...Transport[]] =
    wanted === 'auto' ? ['sse', 'webSocket', 'polling'] : [wanted ?? 'sse']
  let index = 0
  let failures = 0
  const hasNext = (): boolean => index < chain.length - 1
  return {
    current: () => chain[index] ?? chain[0],
    better: () => chain.slice(0, index),
    hasNext,
    delivered() {
      failures = 0
    },
    failed() {
      failures++
      if (failures < failuresAllowed || !hasNext()) return false
      index++
      failures = 0
      return true
    },
    goBackTo(transport) {
      const known = chain.indexOf(transport)
      if (known === -1) return
      index = known
      failures = 0
    },
  }
}
