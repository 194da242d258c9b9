import type { FollowedEvent } from '@stagewright/core'
import type { Subject } from './connect.ts'
import type { Hurry } from './hints.ts'
import type { AskPermit } from './permit.ts'

export type ConnectionState = 'connecting' | 'connected' | 'away'

/** What to do after an event: read on, connect anew from the present cursor, or leave. */
export type Verdict = 'goOn' | 'again' | 'done'

export type Following = {
  subject: Subject
  signal: AbortSignal
  /** Asked at each connection: where the viewer stands. */
  cursor(): string | null
  take(followed: FollowedEvent): Promise<Verdict>
  onConnection?: ((state: ConnectionState) => void) | undefined
  /** Resolves when coming back at once is worth a try (the network is back, the page is shown again). */
  hurry?: Hurry | undefined
  /** Asked before the first connection, and again when the permit was taken back. */
  permit?: AskPermit | undefined
  timing?: FollowTiming | undefined
}

export type FollowTiming = {
  /** Where another transport can be tried, a slow one is given up soon. */
  deliverWithinMs: number
  /** Where none can, slowness is no reason to. */
  connectWithinMs: number
  /** A connection that held so long was a good one. */
  steadyAfterMs: number
  /** How often a better transport is tried again. */
  betterAgainMs: number
}

export const defaultTiming: FollowTiming = {
  deliverWithinMs: 3_000,
  connectWithinMs: 15_000,
  steadyAfterMs: 5_000,
  betterAgainMs: 60_000,
}
