/**
 * Following that never gives up: whatever cuts a connection, the next one goes on from the last folded event's cursor,
 * on the same or another transport. Ends with what `take` says, with the signal, or with an answer that will not change
 * (not signed in, no such thing, a wrong request), which is thrown.
 *
 * connecting -> connected -> away (waiting, longer after each failure) -> connecting ...
 */
import type { FollowedEvent } from '@stagewright/core'
import { abortWith, within } from './abortWith.ts'
import { decideDelay, pause } from './backOff.ts'
import { connect, type Subject } from './connect.ts'
import { originOf, type Links, type StudioOptions, type Transport } from './links.ts'
import { isFinal, isTold, retryAfterMsOf } from './refusals.ts'
import { createTransportChoice, type TransportChoice } from './transportChoice.ts'

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
  hurry?: ((signal: AbortSignal) => Promise<void>) | undefined
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

const defaultTiming: FollowTiming = {
  deliverWithinMs: 3_000,
  connectWithinMs: 15_000,
  steadyAfterMs: 5_000,
  betterAgainMs: 60_000,
}

export async function followForever(links: Links, options: StudioOptions, following: Following): Promise<void> {
  const { signal, timing = defaultTiming } = following
  const choice = createTransportChoice(options.transport)
  const tell = tellChanges(following.onConnection)
  const rest = createRest(following)
  let failures = 0
  tell('connecting')
  while (!signal.aborted) {
    const connection = await readConnection(links, choice, { ...following, timing, onConnection: tell })
    if (connection.outcome === 'done' || signal.aborted) return
    tell(connection.outcome === 'moved' ? 'connecting' : 'away')
    if (connection.outcome === 'moved') continue
    const { error } = connection
    if (isFinal(error)) throw error
    const isItsFault =
      !connection.hasConnected && choice.hasNext() && (await isServerThere(options, signal, timing.deliverWithinMs))
    const isAnother = isItsFault && choice.failed()
    failures = connection.wasGood || isAnother ? 1 : failures + 1
    await rest(retryAfterMsOf(error) ?? decideDelay(failures, Math.random()))
  }
}

type Timed = Following & { timing: FollowTiming }

type Read = {
  /** `cut`: by whatever; `again`: by the reader's wish; `moved`: a better transport is there. */
  outcome: 'done' | 'again' | 'moved' | 'cut'
  error: unknown
  hasConnected: boolean
  /** It brought something before it was cut, or held for a while: no reason to hesitate. */
  wasGood: boolean
}

/** Reads one connection to its end. Throws only what the reader itself throws. */
async function readConnection(links: Links, choice: TransportChoice, following: Timed): Promise<Read> {
  const { subject, take, onConnection, timing } = following
  const { signal, abort, release } = abortWith(following.signal)
  const tooLate = setTimeout(abort, choice.hasNext() ? timing.deliverWithinMs : timing.connectWithinMs)
  const connection = connect(links, choice.current(), { subject, cursor: following.cursor(), signal })
  let connectedAt: number | null = null
  let eventCount = 0
  let betterOne: Transport | null = null
  const settle = (outcome: Read['outcome'], error: unknown = null): Read => {
    const hasHeld = connectedAt !== null && performance.now() - connectedAt >= timing.steadyAfterMs
    // A server that sends something and then an error, again and again, must not be hurried.
    const wasGood = hasHeld || (eventCount > 0 && outcome === 'cut' && !isTold(error))
    return { outcome, error, hasConnected: connectedAt !== null, wasGood }
  }
  try {
    for (;;) {
      const next = await connection.next().catch((error: unknown) => ({ failure: error }))
      if ('failure' in next) return settle(betterOne === null ? 'cut' : 'moved', next.failure)
      if (next.done === true) return settle(betterOne === null ? 'cut' : 'moved')
      if (next.value === 'connected') {
        clearTimeout(tooLate)
        connectedAt = performance.now()
        choice.delivered()
        onConnection?.('connected')
        void lookForBetter(links, choice.better(), { ...following, signal }).then((found) => {
          if (found === null) return
          betterOne = found
          choice.goBackTo(found)
          abort()
        })
        continue
      }
      eventCount++
      const verdict = await take(next.value)
      if (verdict !== 'goOn') return settle(verdict)
    }
  } finally {
    clearTimeout(tooLate)
    abort()
    release()
    await connection.return()
  }
}

/** Tries the better transports beside the present connection, so that nobody waits for a trial. Null: the signal ended it. */
async function lookForBetter(links: Links, better: readonly Transport[], following: Timed): Promise<Transport | null> {
  const { signal, subject, timing } = following
  while (better.length > 0) {
    await pause(timing.betterAgainMs, signal)
    for (const transport of better) {
      if (signal.aborted) return null
      const connects = within(timing.deliverWithinMs, signal, async (limited) => {
        const trial = connect(links, transport, { subject, cursor: following.cursor(), signal: limited })
        const first = await trial.next()
        await trial.return()
        return first.done !== true
      })
      if (await connects.catch(() => false)) return transport
    }
  }
  return null
}

function tellChanges(onConnection: Following['onConnection']): (state: ConnectionState) => void {
  let last: ConnectionState | null = null
  return (state) => {
    if (state === last) return
    last = state
    onConnection?.(state)
  }
}

/** Waiting that a hint cuts short. At most one hint is asked for at a time, however often there is waiting. */
function createRest({ signal, hurry }: Following): (delayMs: number) => Promise<void> {
  let isAsked = false
  let wake = (): void => {}
  const hear = (): void => {
    isAsked = false
    wake()
  }
  return async (delayMs) => {
    const resting = abortWith(signal)
    wake = resting.abort
    if (!isAsked && hurry !== undefined) {
      isAsked = true
      // A hint that fails hints at nothing.
      hurry(signal).then(hear, () => undefined)
    }
    await pause(delayMs, resting.signal)
    resting.release()
  }
}

/** Whether it is the transport that fails, and not the server that is away. */
async function isServerThere(options: StudioOptions, signal: AbortSignal, limitMs: number): Promise<boolean> {
  try {
    return await within(limitMs, signal, async (limited) => {
      const answer = await (options.fetch ?? fetch)(`${originOf(options)}/health/live`, { signal: limited })
      return answer.ok
    })
  } catch {
    return false
  }
}
