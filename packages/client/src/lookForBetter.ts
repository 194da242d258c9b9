import { within } from './abortWith.ts'
import { pause } from './backOff.ts'
import { connect, type Subject } from './connect.ts'
import type { FollowTiming } from './following.ts'
import type { Links, Transport } from './links.ts'

type Looking = { subject: Subject; signal: AbortSignal; timing: FollowTiming }

/**
 * Tries the better transports from time to time, beside the present connection, so that nobody waits for a trial. A
 * trial begins without a cursor: then something must come. Null: the signal ended it, or there is none.
 */
export async function lookForBetter(
  links: Links,
  better: readonly Transport[],
  { subject, signal, timing }: Looking,
): Promise<Transport | null> {
  while (better.length > 0 && !signal.aborted) {
    await pause(timing.betterAgainMs, signal)
    for (const transport of better) {
      if (signal.aborted) return null
      const delivers = within(timing.deliverWithinMs, signal, (limited) =>
        deliversSomething(links, transport, { subject, signal: limited }),
      )
      if (await delivers.catch(() => false)) return transport
    }
  }
  return null
}

async function deliversSomething(
  links: Links,
  transport: Transport,
  { subject, signal }: Omit<Looking, 'timing'>,
): Promise<boolean> {
  for await (const came of connect(links, transport, { subject, cursor: null, signal }))
    if (came !== 'connected') return true
  return false
}
