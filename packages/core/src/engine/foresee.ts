/** How far a task is and how long it may still take, by what such runs took before. */
import type { PastRun } from '../ports/taskStorage.ts'
import type { TaskStageStatus } from '../records.ts'

/** How long a stage usually takes, and how long its text usually is. */
export type Typical = { durationMs: number; length: number }

/** One run may have been anything. */
const fewestRuns = 3
/** A text that is longer than usual is nearly done, for all that is known. */
const mostOfRunning = 0.95

/** The medians of each stage that has been run often enough. */
export function typicalOf(runs: readonly PastRun[]): ReadonlyMap<string, Typical> {
  const byKey = Map.groupBy(runs, ({ key }) => key)
  return new Map(
    [...byKey]
      .filter(([, own]) => own.length >= fewestRuns)
      .map(([key, own]) => [
        key,
        { durationMs: medianOf(own.map((run) => run.durationMs)), length: medianOf(own.map((run) => run.length)) },
      ]),
  )
}

/** A stage of a task: `elapsedMs` since it began, null before that; `length` of its text so far. */
export type StageSoFar = {
  key: string
  status: TaskStageStatus
  elapsedMs: number | null
  length: number
  /** How much of it is done, 0 to 1, where it can tell by itself. */
  ownShare: number | null
}

/** `share` of the whole, 0 to 1, and the time that is left; null while a stage is not known well enough. */
export function foresee(
  stages: readonly StageSoFar[],
  typical: ReadonlyMap<string, Typical>,
): { share: number; remainingMs: number } | null {
  let total = 0
  let done = 0
  let remainingMs = 0
  for (const stage of stages) {
    const usual = typical.get(stage.key)
    if (usual === undefined) return null
    total += usual.durationMs
    const share = shareOf(stage, usual)
    done += share * usual.durationMs
    if (share < 1) remainingMs += remainingOf(stage, usual, share)
  }
  return total === 0 ? null : { share: done / total, remainingMs }
}

function shareOf({ status, elapsedMs, length, ownShare }: StageSoFar, usual: Typical): number {
  if (status === 'done') return 1
  if (status !== 'running' || elapsedMs === null) return 0
  const byText = ownShare ?? (usual.length === 0 ? 0 : length / usual.length)
  return Math.min(mostOfRunning, byText)
}

/** While text comes, by the pace of this run; before that, by what is usual. */
function remainingOf({ elapsedMs }: StageSoFar, usual: Typical, share: number): number {
  if (elapsedMs === null) return usual.durationMs
  if (share === 0) return Math.max(usual.durationMs - elapsedMs, usual.durationMs * (1 - mostOfRunning))
  return (elapsedMs / share) * (1 - share)
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
