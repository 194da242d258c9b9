import type { Failure } from '../errors.ts'
import type { Ending } from '../records.ts'

/** A stage ended without success; its text so far is kept under `ending`. */
export class StageFailed extends Error {
  override readonly name = 'StageFailed'
  readonly failure: Failure
  readonly ending: Ending
  constructor(failure: Failure, ending: Ending) {
    super(failure.message)
    this.failure = failure
    this.ending = ending
  }
}

/** Why an attempt was told to stop. */
export type AbortReason = 'cancelled' | 'timeLimit' | 'fenced' | 'databaseAway' | 'shutdown'

export class AttemptAborted extends Error {
  override readonly name = 'AttemptAborted'
  readonly reason: AbortReason
  constructor(reason: AbortReason) {
    super(`The attempt was told to stop (${reason}).`)
    this.reason = reason
  }
}

/** Why the attempt's signal was aborted; everybody who aborts it gives one of ours. */
export function reasonOf(signal: AbortSignal): AbortReason {
  return signal.reason as AbortReason
}
