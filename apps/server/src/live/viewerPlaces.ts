import { AppError } from '@stagewright/core'
import type { Arrival, Place, Transport, Viewers } from '@stagewright/api'

/** Live viewers of one user, and of all, that this process takes at once. */
export type ViewerLimits = { viewersOfUser: number; viewersTotal: number }

export type PlaceEvents = {
  entered?(arrival: Arrival): void
  refused?(arrival: Arrival): void
  /** What is told of the events a viewer takes. */
  watch?(): Place['sent']
}

export type ViewerPlaces = Viewers & { count(transport: Transport): number }

/** A user's place comes free when one of their own viewers leaves: a while may pass. */
const userRetryMs = 5_000
/** Behind a load balancer another process may have room: soon. */
const processRetryMs = 2_000

/**
 * Counts live viewers and refuses those beyond the limits, each told another time to come back, so that they do not all
 * come at once. A user's limit is per process: no call to anywhere stands between a viewer and its text.
 */
export function createViewerPlaces(limits: ViewerLimits, events: PlaceEvents = {}): ViewerPlaces {
  const ofUser = new Map<string, number>()
  const ofTransport = new Map<Transport, number>()
  let total = 0
  const add = ({ userId, transport }: Arrival, change: 1 | -1): void => {
    total += change
    ofTransport.set(transport, (ofTransport.get(transport) ?? 0) + change)
    const left = (ofUser.get(userId) ?? 0) + change
    if (left === 0) ofUser.delete(userId)
    else ofUser.set(userId, left)
  }
  return {
    count: (transport) => ofTransport.get(transport) ?? 0,
    enter(arrival) {
      const refusal = decideEntry({ ofUser: ofUser.get(arrival.userId) ?? 0, total }, limits, Math.random())
      if (refusal !== null) {
        events.refused?.(arrival)
        throw refusal
      }
      add(arrival, 1)
      events.entered?.(arrival)
      let isHere = true
      const leave = (): void => {
        if (isHere) add(arrival, -1)
        isHere = false
      }
      return { sent: events.watch?.() ?? nothing, leave }
    },
  }
}

function nothing(): void {}

/** Null when one more may come in. `random` in [0, 1) spreads those who are refused. */
export function decideEntry(
  present: { ofUser: number; total: number },
  limits: ViewerLimits,
  random: number,
): AppError | null {
  if (present.ofUser >= limits.viewersOfUser) {
    const message = `Your account has ${present.ofUser} live connections open here, and may have ${limits.viewersOfUser}. Close some, or wait.`
    const retryAfterMs = Math.round(userRetryMs * (1 + random))
    return new AppError('limit.viewers', message, { params: { limit: limits.viewersOfUser, retryAfterMs } })
  }
  if (present.total < limits.viewersTotal) return null
  const message = `This server has as many live connections as it takes (${limits.viewersTotal}). Try again in a few seconds.`
  const retryAfterMs = Math.round(processRetryMs * (1 + random))
  return new AppError('server.busy', message, { params: { limit: limits.viewersTotal, retryAfterMs } })
}
