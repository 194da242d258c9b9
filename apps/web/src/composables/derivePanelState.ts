import type { Connection, LiveText, VersionView } from '../api/studio.ts'
import type { Failure, Figures, LiveTaskView, StageView } from '../types.ts'

/** Everything a stage panel can look like. Exactly one at a time; the table in the interface design lists the same. */
export type PanelState =
  /** The stage before it has no text yet. */
  | { kind: 'blocked' }
  | { kind: 'idle' }
  /** `ahead` counts tasks before this one, null when unknown; `behind` is the stage of the same task that must end first. */
  | { kind: 'queued'; ahead: number | null; behind: string | null }
  | { kind: 'connecting'; elapsedMs: number; model: string | null }
  | { kind: 'thinking'; elapsedMs: number; reasoning: { characters: number; tail: string } }
  | { kind: 'streaming' }
  /** An outside processor does the stage. `fraction` from 0 to 1; null while it says nothing. */
  | { kind: 'outside'; fraction: number | null; message: string | null }
  | { kind: 'slow'; silentMs: number }
  | { kind: 'restoring' }
  | { kind: 'stopping' }
  | { kind: 'stopped'; tokens: number | null }
  | { kind: 'cutOff' }
  /** `failure` is null while it is not known yet. */
  | { kind: 'failed'; failure: Failure | null; isTextKept: boolean }
  /** The task waits until the user has looked at `reviewed`; then `next` begins. */
  | { kind: 'review'; reviewed: string; next: string }
  | { kind: 'edited' }
  | { kind: 'done'; version: VersionView | null }

export type PanelKind = PanelState['kind']

export type PanelInput = {
  stage: StageView
  previous: StageView | null
  /** The queued, running or waiting task that has this stage. */
  task: LiveTaskView | null
  queueAhead: number | null
  figures: Figures | null
  /** The text being written in this stage, null until it is here. */
  text: LiveText | null
  connection: Connection
  /** What the user has just asked for and the server has not shown yet. */
  asked: 'start' | 'stop' | null
  hasDraft: boolean
  /** The stage's versions, newest first. */
  versions: readonly VersionView[]
  /** Milliseconds on one monotonic clock. */
  clock: { nowMs: number; runSeenMs: number; lastTextMs: number }
}

/** After so long without a new character a stream is called slow. */
export const slowAfterMs = 20_000

/** Decides what a stage panel shows. Pure: the same input gives the same state. */
export function derivePanelState(input: PanelInput): PanelState {
  if (isRunning(input)) return runningState(input)
  const queued = queuedState(input)
  if (queued !== null) return queued
  if (input.hasDraft) return { kind: 'edited' }
  return reviewState(input) ?? restingState(input)
}

function isRunning({ stage, task }: PanelInput): boolean {
  return (
    stage.status === 'running' || task?.stages.some((run) => run.key === stage.key && run.status === 'running') === true
  )
}

function runningState(input: PanelInput): PanelState {
  const { text, figures, clock, connection } = input
  if (input.asked === 'stop') return { kind: 'stopping' }
  const outside = input.task?.outside
  if (outside !== undefined && input.stage.status !== 'running') return { kind: 'outside', ...outside }
  if (connection === 'connecting' || (text === null && hasTextSomewhere(input))) return { kind: 'restoring' }
  const elapsedMs = figures?.elapsedMs ?? Math.max(0, clock.nowMs - clock.runSeenMs)
  if (text === null || text.text === '') {
    const reasoning = figures?.reasoning ?? null
    if (reasoning !== null && reasoning.characters > 0) return { kind: 'thinking', elapsedMs, reasoning }
    return { kind: 'connecting', elapsedMs, model: figures?.model ?? null }
  }
  const silentMs = clock.nowMs - clock.lastTextMs
  return silentMs >= slowAfterMs ? { kind: 'slow', silentMs } : { kind: 'streaming' }
}

/** The server has text of this run that is not here yet: a page opened in the middle. */
function hasTextSomewhere({ stage, figures }: PanelInput): boolean {
  if (stage.last !== null && stage.last.ending === null && stage.last.length > 0) return true
  return figures !== null && figures.tokens > 0
}

function queuedState({ stage, task, asked, queueAhead }: PanelInput): PanelState | null {
  const run = task?.stages.find((each) => each.key === stage.key)
  if (task === null || run?.status !== 'queued')
    return asked === 'start' ? { kind: 'queued', ahead: null, behind: null } : null
  if (asked === 'stop') return { kind: 'stopping' }
  const before = task.stages
    .slice(0, task.stages.indexOf(run))
    .findLast(({ status }) => status === 'running' || status === 'queued')
  if (task.status === 'waiting' && before === undefined) return null
  return { kind: 'queued', ahead: queueAhead, behind: before?.key ?? null }
}

/** A task waiting for a review is seen from two stages: the one to look at and the one that begins after it. */
function reviewState({ stage, task }: PanelInput): PanelState | null {
  if (task?.status !== 'waiting') return null
  const at = task.stages.findIndex(({ status }) => status === 'queued')
  const next = task.stages[at]?.key
  const reviewed = task.stages[at - 1]?.key
  if (next === undefined || reviewed === undefined || (stage.key !== next && stage.key !== reviewed)) return null
  return { kind: 'review', reviewed, next }
}

function restingState({ stage, previous, versions }: PanelInput): PanelState {
  const newest = stage.last ?? stage.current
  const last = versions.find(({ rewriteId }) => rewriteId === newest?.id) ?? null
  if (stage.failure?.code === 'provider.cutOff') return { kind: 'cutOff' }
  if (stage.status === 'failed')
    return { kind: 'failed', failure: stage.failure, isTextKept: (newest?.length ?? 0) > 0 }
  if (stage.status === 'stopped') return { kind: 'stopped', tokens: last?.tokens ?? null }
  if (stage.current !== null)
    return { kind: 'done', version: versions.find(({ rewriteId }) => rewriteId === stage.current?.id) ?? null }
  return previous !== null && previous.current === null ? { kind: 'blocked' } : { kind: 'idle' }
}

/** What is whole, but of no use, gets no better by more. */
const useless: ReadonlySet<string> = new Set([
  'provider.badAnswer',
  'provider.contentFiltered',
  'quality.belowThreshold',
])

/** The version of the stage that a run can go on with: one that was cut off, and is none the worse for it. */
export function continuableId({ last, current, failure }: StageView): string | null {
  const newest = last ?? current
  const isCut = newest !== null && newest.ending !== null && newest.ending !== 'complete' && newest.length > 0
  return isCut && !(failure !== null && useless.has(failure.code)) ? newest.id : null
}

/** What the one main button does in a state. */
export type MainAction =
  | 'generate'
  | 'stop'
  | 'cancel'
  | 'regenerate'
  | 'continue'
  | 'accept'
  | 'next'
  | 'resume'
  | 'save'
  | 'previous'
  | 'wait'

/** The main button of a state. An instruction the user has typed is a wish to run again. */
export function chooseMainAction(
  state: PanelState,
  options: { hasInstruction: boolean; hasNext: boolean; canContinue: boolean },
): MainAction {
  switch (state.kind) {
    case 'blocked':
      return 'previous'
    case 'idle':
      return 'generate'
    case 'queued':
      return 'cancel'
    case 'connecting':
    case 'outside':
    case 'thinking':
    case 'streaming':
    case 'slow':
      return 'stop'
    case 'restoring':
    case 'stopping':
      return 'wait'
    case 'cutOff':
      return options.canContinue && !options.hasInstruction ? 'continue' : 'regenerate'
    case 'stopped':
    case 'failed':
      return 'regenerate'
    case 'review':
      return options.hasInstruction ? 'regenerate' : 'resume'
    case 'edited':
      return 'save'
    case 'done':
      return options.hasInstruction || !options.hasNext ? 'regenerate' : 'next'
  }
}

/** States in which text may still come; the output is busy. */
export function isBusy(state: PanelState): boolean {
  return ['queued', 'connecting', 'outside', 'thinking', 'streaming', 'slow', 'restoring', 'stopping'].includes(
    state.kind,
  )
}
