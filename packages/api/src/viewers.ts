import type { FollowedEvent } from '@stagewright/core'

/** How a request reached us; the first two hold a live connection. */
export type Transport = 'sse' | 'webSocket' | 'http'

/** Who wants to follow. `isReturning`: from a cursor, so it has been here before. */
export type Arrival = { userId: string; transport: Transport; isReturning: boolean }

/** One live viewer. */
export type Place = {
  /** Its transport has taken the event. Called per event and viewer: must cost next to nothing. */
  sent(event: FollowedEvent['event']): void
  /** Gives the place free. Idempotent. */
  leave(): void
}

/** Where live viewers are let in and counted; kept by whoever runs the process. */
export type Viewers = {
  /** Throws `limit.viewers` or `server.busy`, with `retryAfterMs`, when there is no place. */
  enter(arrival: Arrival): Place
}
