import { percentile } from '../support/percentile.ts'
import { held, type Held, type Sample } from './readSample.ts'

/** What may be added to what was held, by the nature of a thing: memory breathes, the rest follows the load. */
const allowances: Record<Held, { share: number; more: number }> = {
  residentMb: { share: 0.1, more: 40 },
  heapMb: { share: 0.25, more: 20 },
  openFiles: { share: 0.1, more: 20 },
  sockets: { share: 0.1, more: 20 },
  viewers: { share: 0.1, more: 10 },
  followers: { share: 0.1, more: 10 },
  listeners: { share: 0.1, more: 20 },
  tails: { share: 0.1, more: 10 },
}

export type Course = { what: Held; after: number; before: number; most: number; isFlat: boolean }

/**
 * Compares the medians of the last twelfth of a run with those of the twelfth after its first sixth: of an hour, the last
 * five minutes with minutes 10 to 15.
 */
export function decideFlat(samples: readonly Sample[], lengthMs: number): Course[] {
  const between = (from: number, to: number): Sample[] =>
    samples.filter(({ atMs }) => atMs >= from * lengthMs && atMs < to * lengthMs)
  const [early, late] = [between(2 / 12, 3 / 12), between(11 / 12, Infinity)]
  return held.map((what) => {
    const [before, after] = [early, late].map((some) =>
      percentile(
        some.map((sample) => sample[what]),
        50,
      ),
    ) as [number, number]
    const { share, more } = allowances[what]
    const most = Math.max(...samples.map((sample) => sample[what]))
    return { what, before, after, most, isFlat: after <= before * (1 + share) + more }
  })
}
