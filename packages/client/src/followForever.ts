/**
 * Following that never gives up: whatever cuts a connection, the next one goes on from the last folded event's cursor,
 * on the same or another transport. Ends with what `take` says, with the signal, or with an answer that will not change
 * (not signed in, no such thing, a wrong request), which is thrown.
 *
 * (waiting for a permit) -> connecting -> connected -> away (waiting, longer after each failure) -> connecting ...
 */
import { abortWith, within } from './abortWith.ts'
import { decideDelay, pause } from './backOff.ts'
import { defaultTiming, type ConnectionState, type Following } from './following.ts'
import { hearHints } from './hints.ts'
import { originOf, type Links, type StudioOptions } from './links.ts'
import { permitAll, type Permit } from './permit.ts'
import { readConnection, type Read } from './readConnection.ts'
import { isFinal, isTold, retryAfterMsOf } from './refusals.ts'
import { createTransportChoice, type TransportChoice } from './transportChoice.ts'

const healthWithinMs = 3_000

export async function followForever(links: Links, options: StudioOptions, following: Following): Promise<void> {
  const { signal, timing = defaultTiming, permit: askPermit = permitAll } = following
  const choice = createTransportChoice(options.transport, options.transportMemory)
  const tell = tellChanges(following.onConnection)
  const hints = hearHints(following.hurry, signal)
  let permit: Permit | null = null
  let failures = 0
  tell('connecting')
  while (!signal.aborted) {
    if (permit === null || permit.signal.aborted) {
      permit = await askPermit(signal)
      choice.permit(permit.transports)
      continue
    }
    const read = await readConnection(links, choice, { ...following, timing, permit, hints, onConnection: tell })
    if (read.outcome === 'done' || signal.aborted) return
    // To whoever looks on, what goes on at once was never away.
    if (read.outcome === 'moved' || read.outcome === 'renewed' || permit.signal.aborted) {
      failures = 0
      continue
    }
    tell('away')
    if (isFinal(read.error)) throw read.error
    // Both may take long, and a hint cuts both short.
    const waiting = abortWith(signal, permit.signal)
    const stopHearing = hints(waiting.abort)
    const isAnother = await countFault(read, choice, { options, signal: waiting.signal })
    failures = read.wasGood || isAnother ? 1 : failures + 1
    await pause(retryAfterMsOf(read.error) ?? decideDelay(failures, Math.random()), waiting.signal)
    // What failed before the hint says nothing of what comes after it.
    if (waiting.signal.aborted) failures = 0
    stopHearing()
    waiting.release()
  }
}

type Asking = { options: StudioOptions; signal: AbortSignal }

/**
 * Counts what is the transport's own fault: not what the server said over it, nor that the server is away. True: the
 * next one is now the current one.
 */
async function countFault(read: Read, choice: TransportChoice, asking: Asking): Promise<boolean> {
  if (read.hasDelivered || isTold(read.error) || !choice.hasNext()) return false
  if (await isServerThere(asking)) return choice.failed(performance.now())
  if (!asking.signal.aborted) choice.serverWasAway()
  return false
}

function tellChanges(onConnection: Following['onConnection']): (state: ConnectionState) => void {
  let last: ConnectionState | null = null
  return (state) => {
    if (state === last) return
    last = state
    onConnection?.(state)
  }
}

/** Whether it is the transport that fails, and not the server that is away. */
async function isServerThere({ options, signal }: Asking): Promise<boolean> {
  try {
    return await within(healthWithinMs, signal, async (limited) => {
      const answer = await (options.fetch ?? fetch)(`${originOf(options)}/health/live`, { signal: limited })
      return answer.ok
    })
  } catch {
    return false
  }
}
