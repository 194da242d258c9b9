/**
 * Following: the one code path of every transport. Guarantees: a follower registers before it reads; it waits without
 * timers or listeners of its own (one listener on its signal and one timer for the recheck, for its whole life);
 * whatever ends it, nothing of it stays behind.
 *
 * joined -> (entered) -> stepping <-> waiting -> left.
 */
import type { AppError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { FeedEvent } from './events.ts'
import type { Viewer } from './viewer.ts'
import { Waker } from './waker.ts'

/** An event, and where the viewer stands once it has folded it. */
export type FollowedEvent = { cursor: string; event: FeedEvent }

export type FollowOptions = {
  /** Where the viewer stands: the cursor of the last event it folded. */
  cursor?: string | null | undefined
  /** Ends the stream quietly. Whoever stops reading must abort it: a generator that waits can't be returned. */
  signal: AbortSignal
  /** Asked every few seconds whether the viewer may still follow: an error ends the stream with it. */
  recheck?: (() => Promise<AppError | null>) | undefined
  /** Awaited before each event is decided: the transport's back-pressure. */
  whenWritable?: (() => Promise<void>) | undefined
}

/** A follower's registration: it is woken from now on, and has to leave. */
export type Joined = {
  /** Reads what it starts from. */
  enter(): Promise<Viewer>
  leave(): void
}

export type FollowSurroundings = {
  clock: Clock
  recheckMs: number
  /** Why the feed itself ends its followers; null while it runs. */
  closing(): AppError | null
  report(error: unknown): void
}

/** Steps a viewer to the present and, unless `once`, on with it until its signal, its end or its refusal. */
export async function* followSteps(
  join: (waker: Waker) => Joined,
  options: FollowOptions & { once: boolean },
  around: FollowSurroundings,
): AsyncGenerator<FollowedEvent, void> {
  const { signal, whenWritable, once } = options
  const closing = around.closing()
  if (closing !== null) throw closing
  const waker = new Waker()
  const joined = join(waker)
  const guard = guardFollower(waker, options, around)
  let viewer: Viewer | null = null
  try {
    viewer = await joined.enter()
    for (;;) {
      if (whenWritable !== undefined) await whenWritable()
      if (signal.aborted) return
      const refusal = around.closing() ?? guard.refusal()
      if (refusal !== null) throw refusal
      const step = viewer.step()
      if (step instanceof Promise) await step
      else if (step !== null) {
        yield { cursor: viewer.cursor, event: step }
        if ('type' in step && step.type === 'end') return
      } else if (once) return
      else await waker.wait()
    }
  } finally {
    guard.stop()
    viewer?.leave()
    joined.leave()
  }
}

/** Wakes the follower when its signal fires, and asks again and again whether it may still follow. */
function guardFollower(
  waker: Waker,
  { signal, recheck, once }: FollowOptions & { once: boolean },
  around: FollowSurroundings,
) {
  let refusal: AppError | null = null
  let isStopped = false
  let cancel = (): void => undefined
  const ask = async (): Promise<void> => {
    try {
      refusal = (await recheck?.()) ?? null
    } catch (error) {
      // Not knowing is no refusal: storage may be away. The next time will tell.
      around.report(error)
    }
    if (refusal !== null) waker.wake()
    else if (!isStopped) askLater()
  }
  const askLater = (): void => {
    cancel = around.clock.after(around.recheckMs, () => void ask())
  }
  if (recheck !== undefined && !once) askLater()
  signal.addEventListener('abort', waker.wake)
  return {
    refusal: () => refusal,
    stop() {
      isStopped = true
      cancel()
      signal.removeEventListener('abort', waker.wake)
    },
  }
}
