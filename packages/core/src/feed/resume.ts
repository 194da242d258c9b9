/**
 * What a viewer at a given place in a text is told next. Pure: the place and the tail decide, the follower moves on.
 */
import type { Cursor } from './cursor.ts'
import type { ClosedEvent, DeltaEvent, OpenEvent, ResetEvent } from './events.ts'
import { keptLength } from './spans.ts'
import type { Tail } from './tail.ts'

/** Where a viewer stands in a rewrite. */
export type Place = Pick<Cursor, 'rewriteNo' | 'attempt' | 'length'> & {
  /** The rewrite has been named on this connection: deltas make sense to the viewer. */
  isNamed: boolean
}

export type TextEvent = OpenEvent | DeltaEvent | ResetEvent | ClosedEvent

/**
 * The next event for a viewer at `place`; null while there is nothing new. 'behind': the viewer knows a newer attempt
 * than the tail does, so the tail must look at storage first. A viewer that stands in another rewrite starts here.
 */
export function decideText(place: Readonly<Place>, tail: Tail): TextEvent | 'behind' | null {
  if (place.rewriteNo !== tail.no) return tail.open(0)
  if (place.attempt > tail.attempt) return 'behind'
  if (place.attempt < tail.attempt)
    return resetTo(tail, keptLength(tail.spans, place.attempt, place.length), 'takenOver')
  // What the viewer has beyond the stored end was never stored: it gets everything anew.
  if (tail.closed !== null && place.length > tail.closed.length) return resetTo(tail, 0, 'resumed')
  if (!place.isNamed) return tail.open(place.length)
  if (place.length < tail.visible) return tail.delta(place.length)
  return tail.closed
}

/** Where the viewer's text ends once it has folded the event. */
export function lengthAfter(event: Exclude<TextEvent, ClosedEvent>): number {
  if (!('type' in event)) return event[1] + event[2].length
  return event.type === 'open' ? event.from + event.text.length : event.keepUpTo
}

function resetTo(tail: Tail, keepUpTo: number, reason: ResetEvent['reason']): ResetEvent {
  return { type: 'reset', rewriteNo: tail.no, attempt: tail.attempt, keepUpTo, reason }
}
