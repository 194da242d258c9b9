import type { Clock } from '../ports/clock.ts'

export interface ManualClock extends Clock {
  /** Lets `ms` pass: every action that falls due runs, in order of its time, with `now` standing at that time. */
  advance(ms: number): void
  /** How many actions are still waiting. */
  pending(): number
}

/** A clock that stands still until it is advanced. `startMs` is what it shows first. */
export function createManualClock(startMs = 0): ManualClock {
  let nowMs = startMs
  let waiting: { dueMs: number; action: () => void }[] = []

  return {
    now: () => nowMs,
    pending: () => waiting.length,
    after(delayMs, action) {
      const entry = { dueMs: nowMs + Math.max(0, delayMs), action }
      waiting.push(entry)
      return () => {
        waiting = waiting.filter((other) => other !== entry)
      }
    },
    advance(ms) {
      const untilMs = nowMs + ms
      for (let next = earliestOf(waiting); next !== undefined && next.dueMs <= untilMs; next = earliestOf(waiting)) {
        const due = next
        waiting = waiting.filter((other) => other !== due)
        nowMs = Math.max(nowMs, due.dueMs)
        due.action()
      }
      nowMs = untilMs
    },
  }
}

/** The entry due first; of several due together the one asked for first. */
function earliestOf<Entry extends { dueMs: number }>(entries: readonly Entry[]): Entry | undefined {
  return entries.toSorted((a, b) => a.dueMs - b.dueMs)[0]
}
