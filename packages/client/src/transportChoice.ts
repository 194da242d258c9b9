import type { StudioOptions, Transport, TransportMemory } from './links.ts'

const failuresAllowed = 2
/** A server that goes down refuses for a moment while it still says that it is there. That is one failure, not many. */
const oneFailureMs = 3_000

/** Which transport to use. Pure: it is told what happened, and when. */
export type TransportChoice = {
  current(): Transport
  /** Those before the current one in order of preference: worth another try from time to time. */
  better(): readonly Transport[]
  /** Whether there is another one to go on to. */
  hasNext(): boolean
  /** Only these from now on. */
  permit(transports: readonly Transport[]): void
  /** The current one came through. */
  delivered(): void
  /** The current one did not, although the server was there. True: the next one is now the current one. */
  failed(nowMs: number): boolean
  /** The server itself was not there: what failed before was its going down. */
  serverWasAway(): void
  /** A better one was seen to come through. */
  goBackTo(transport: Transport): void
}

export const allTransports: readonly Transport[] = ['sse', 'webSocket', 'polling']

/**
 * SSE, then WebSocket, then polling, each given up after two failures in a row; or the one that is wanted. Begins with
 * what `memory` has, and keeps there what came through: not to fail again where it has failed before.
 */
export function createTransportChoice(wanted: StudioOptions['transport'], memory?: TransportMemory): TransportChoice {
  const whole = wanted === 'auto' ? allTransports : [wanted ?? 'sse']
  let chain = whole
  /** How far down the whole chain it has come. */
  let level = Math.max(
    0,
    whole.findIndex((transport) => transport === memory?.read()),
  )
  let failures: number[] = []
  const hasComeThrough = new Set<Transport>()
  const levelOf = (transport: Transport): number => whole.indexOf(transport)
  const current = (): Transport =>
    chain.find((transport) => levelOf(transport) >= level) ?? chain.at(-1) ?? whole.at(-1) ?? 'sse'
  const next = (): Transport | undefined => chain[chain.indexOf(current()) + 1]
  return {
    current,
    better: () => chain.slice(0, Math.max(0, chain.indexOf(current()))),
    hasNext: () => next() !== undefined,
    permit(transports) {
      chain = whole.filter((transport) => transports.includes(transport))
      failures = []
    },
    delivered() {
      failures = []
      hasComeThrough.add(current())
      // Not the current one: that may be further down only because no other is permitted here.
      const come = whole[level]
      if (wanted === 'auto' && come !== undefined) memory?.write(come)
    },
    failed(nowMs) {
      const last = failures.at(-1)
      const isTheSame = last !== undefined && nowMs - last < oneFailureMs && hasComeThrough.has(current())
      if (!isTheSame) failures.push(nowMs)
      const following = next()
      if (failures.length < failuresAllowed || following === undefined) return false
      level = levelOf(following)
      failures = []
      return true
    },
    serverWasAway() {
      failures = []
    },
    goBackTo(transport) {
      if (!chain.includes(transport)) return
      level = levelOf(transport)
      failures = []
    },
  }
}
