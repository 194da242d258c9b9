/**
 * Reads one connection to its end, whatever that is. Guarantees: it throws only what the reader itself throws; nothing
 * of it stays open, the trials of better transports beside it included.
 *
 * opening -> connected -> delivered -> ended. Only from `delivered` on is it known that the transport comes through.
 */
import { abortWith } from './abortWith.ts'
import { connect } from './connect.ts'
import { watchDelivery } from './delivery.ts'
import type { Following, FollowTiming } from './following.ts'
import type { Hint, Hints } from './hints.ts'
import type { Links } from './links.ts'
import { lookForBetter } from './lookForBetter.ts'
import type { Permit } from './permit.ts'
import { isTold } from './refusals.ts'
import type { TransportChoice } from './transportChoice.ts'

export type Reading = Omit<Following, 'permit'> & { timing: FollowTiming; permit: Permit; hints: Hints }

export type Read = {
  /** `cut`: by whatever; `again`: by the reader's wish; `moved`: a better transport is there; `renewed`: on a hint. */
  outcome: 'done' | 'again' | 'moved' | 'renewed' | 'cut'
  error: unknown
  hasDelivered: boolean
  /** It brought something before it was cut, or held for a while: no reason to hesitate. */
  wasGood: boolean
}

/** An attempt so young is as good as a new one. */
const youngMs = 1_000

export async function readConnection(links: Links, choice: TransportChoice, following: Reading): Promise<Read> {
  const { subject, take, onConnection, timing, hints } = following
  const { signal, abort, release } = abortWith(following.signal, following.permit.signal)
  const [transport, cursor, startedAt] = [choice.current(), following.cursor(), performance.now()]
  let leavingFor: 'moved' | 'renewed' | null = null
  let connectedAt: number | null = null
  let eventCount = 0
  const leave = (why: 'moved' | 'renewed'): void => {
    leavingFor ??= why
    abort()
  }
  const delivery = watchDelivery(links, { transport, subject, cursor, timing, signal, hasNext: choice.hasNext() })
  void delivery.failed.then(abort)
  void delivery.delivered.then(() => {
    choice.delivered()
    void lookForBetter(links, choice.better(), { subject, signal, timing }).then((found) => {
      if (found === null) return
      choice.goBackTo(found)
      leave('moved')
    })
  })
  const stopHearing = hints((hint: Hint) => {
    const isDoubtful = !delivery.hasDelivered() && performance.now() - startedAt > youngMs
    if (hint === 'network' || isDoubtful) leave('renewed')
  })
  const settle = (outcome: Read['outcome'], error: unknown = null): Read => {
    const hasHeld = connectedAt !== null && performance.now() - connectedAt >= timing.steadyAfterMs
    // A server that sends something and then an error, again and again, must not be hurried.
    const wasGood = hasHeld || (eventCount > 0 && outcome === 'cut' && !isTold(error))
    return { outcome, error, hasDelivered: delivery.hasDelivered(), wasGood }
  }
  const connection = connect(links, transport, { subject, cursor, signal })
  try {
    for (;;) {
      const next = await connection.next().catch((error: unknown) => ({ failure: error }))
      if ('failure' in next) return settle(leavingFor ?? 'cut', next.failure)
      if (next.done === true) return settle(leavingFor ?? 'cut')
      if (next.value === 'connected') {
        connectedAt = performance.now()
        delivery.connected()
        onConnection?.('connected')
        continue
      }
      eventCount++
      delivery.came()
      const verdict = await take(next.value)
      if (verdict !== 'goOn') return settle(verdict)
    }
  } finally {
    stopHearing()
    abort()
    release()
    await connection.return()
  }
}
