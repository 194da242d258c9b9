/**
 * Whether a transport comes through: it has delivered when `connected` and a first event came in time. A proxy that
 * keeps a stream back may let its first bytes pass, so `connected` alone says nothing.
 *
 * Who resumes where nothing is missing is sent nothing, and rightly: that silence is believed once the server has said,
 * asked beside the connection, that there is nothing to tell.
 */
import { abortWith, within } from './abortWith.ts'
import { pause } from './backOff.ts'
import { askOnce, type Subject } from './connect.ts'
import type { FollowTiming } from './following.ts'
import type { Links, Transport } from './links.ts'

export type Delivery = {
  connected(): void
  /** An event came. */
  came(): void
  hasDelivered(): boolean
  /** Resolves when it has delivered, if it does. */
  delivered: Promise<void>
  /** Resolves when it is to be given up, if it is. */
  failed: Promise<void>
}

export type Watched = {
  transport: Transport
  subject: Subject
  cursor: string | null
  timing: FollowTiming
  signal: AbortSignal
  /** Where there is no other transport, one that is slow is given time, and one that is silent is left to its heartbeats. */
  hasNext: boolean
}

export function watchDelivery(links: Links, watched: Watched): Delivery {
  const { transport, cursor, timing, signal, hasNext } = watched
  const { promise: delivered, resolve: tellDelivered } = Promise.withResolvers<void>()
  const { promise: failed, resolve: tellFailed } = Promise.withResolvers<void>()
  const watching = abortWith(signal)
  let isConnected = false
  let hasDelivered = false
  const deliver = (): void => {
    hasDelivered = true
    watching.abort()
    watching.release()
    tellDelivered()
  }
  const watch = async (): Promise<void> => {
    await pause(hasNext ? timing.deliverWithinMs : timing.connectWithinMs, watching.signal)
    if (watching.signal.aborted) return
    if (!isConnected) return tellFailed()
    if (!hasNext) return
    if (cursor !== null) {
      const behind = await isBehind(links, watched, watching.signal)
      if (behind === 'no') return deliver()
      // What it is behind by may be on its way; not knowing is no failure of this transport.
      if (behind === 'yes') await pause(timing.deliverWithinMs, watching.signal)
      if (behind === 'unknown') return
    }
    if (!watching.signal.aborted) tellFailed()
  }
  void watch()
  return {
    connected() {
      isConnected = true
      // An answer to a question is all there is to come of it, also where it is empty.
      if (transport === 'polling') deliver()
    },
    came: () => void (hasDelivered || deliver()),
    hasDelivered: () => hasDelivered,
    delivered,
    failed,
  }
}

/** Whether the server has something to tell after the cursor, asked over plain HTTP. */
async function isBehind(
  links: Links,
  { subject, cursor, timing }: Watched,
  signal: AbortSignal,
): Promise<'yes' | 'no' | 'unknown'> {
  try {
    const events = await within(timing.deliverWithinMs, signal, (limited) =>
      askOnce(links.http, { subject, cursor, signal: limited }),
    )
    return events.length > 0 ? 'yes' : 'no'
  } catch {
    return 'unknown'
  }
}
