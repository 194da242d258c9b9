import type { Place } from '@stagewright/api'
import type { PlaceEvents } from '../live/viewerPlaces.ts'
import type { Instruments } from './instruments.ts'
import type { TextArrivals } from './textArrivals.ts'

/** One delta in so many is measured, per viewer: the first ones, which may be catching up, never are. */
const sampleEvery = 16

export function watchViewers(
  { follows, refused, lag }: Pick<Instruments, 'follows' | 'refused' | 'lag'>,
  arrivals: TextArrivals,
): PlaceEvents {
  return {
    entered: ({ transport, isReturning }) => follows.inc({ transport, kind: isReturning ? 'returning' : 'new' }),
    refused: ({ transport }) => refused.inc({ transport }),
    watch: () => watchViewer(lag, arrivals),
  }
}

/** One viewer: which text its deltas are of, and now and then how long they took. */
function watchViewer(lag: Instruments['lag'], arrivals: TextArrivals): Place['sent'] {
  let rewriteId: string | null = null
  let deltas = 0
  return (event) => {
    if ('type' in event) {
      if (event.type === 'open') rewriteId = event.rewriteId
      return
    }
    deltas += 1
    if (deltas % sampleEvery !== 0 || rewriteId === null) return
    const cameAtMs = arrivals.timeOf(rewriteId, event[1])
    if (cameAtMs !== null) lag.observe((performance.now() - cameAtMs) / 1_000)
  }
}
