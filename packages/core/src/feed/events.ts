/**
 * What a viewer is told. State is level (the present, under a growing revision): receiving it twice or missing one
 * in between does no harm. Text is addressed by offset in UTF-16 code units from the start of its rewrite.
 */
import type { Failure } from '../errors.ts'
import type { Ending, StageStatus, TaskStageStatus, TaskStatus } from '../records.ts'

/** A rewrite as a stage names it. What else there is to know of it never changes once it is closed: it is read once. */
export type RewriteView = {
  id: string
  no: number
  /** Null while it is being written. */
  ending: Ending | null
  length: number
}

export type StageView = {
  key: string
  status: StageStatus
  locked: boolean
  /** Its current version was made from an older version of the stage before it. */
  outOfDate: boolean
  current: RewriteView | null
  /** The rewrite of its newest run or edit where that is not `current`: one being written, stopped or failed. */
  last: RewriteView | null
  /** Why its newest run failed; null otherwise. */
  failure: Failure | null
}

/** A queued, running or waiting task of the project. */
export type LiveTaskView = {
  id: string
  status: TaskStatus
  stages: { key: string; status: TaskStageStatus }[]
  currentStage: string | null
  /** What the outside processor is at that the task waits for; absent where it waits for none. `fraction` from 0 to 1. */
  outside?: { fraction: number | null; message: string | null }
}

export type ProjectState = {
  title: string
  pipeline: string
  stages: StageView[]
  tasks: LiveTaskView[]
}

/** How a running text is doing. Figures carry no revision and are never stored for their own sake. */
export type Figures = {
  rewriteNo: number
  /** Estimated while it runs. */
  tokens: number
  tokensPerSecond: number | null
  /** From the call to its first text; null before it. */
  firstTokenMs: number | null
  elapsedMs: number
  /** Which provider and model answer; null before the first call. */
  provider: string | null
  model: string | null
  /** What the model thinks aloud: how much in all, and the end of it (2 KiB). */
  reasoning: { characters: number; tail: string } | null
  /** How much of the stage is done, 0 to 1, where it can tell. */
  progress?: number
}

export type StateEvent = { type: 'state'; revision: number; state: ProjectState }
export type FiguresEvent = { type: 'figures'; figures: Figures }
/**
 * Names a rewrite and its attempt on this connection. `text` begins at `from`: 0, or on a resumed connection the
 * length the cursor named. A viewer that does not hold `from` characters of this rewrite asks again without a cursor.
 * `closed` is there when the text is whole with this event: no `closed` event follows then.
 */
export type OpenEvent = {
  type: 'open'
  rewriteNo: number
  rewriteId: string
  stage: string
  attempt: number
  from: number
  text: string
  closed: ClosedFact | null
}
/** Of the attempt that `open` or `reset` last named on this connection. The shape is compact because it is the most sent. */
export type DeltaEvent = readonly [rewriteNo: number, offset: number, text: string]
export type ResetReason = 'takenOver' | 'resumed'
/** The text from `keepUpTo` on is void; `attempt` writes on from there. */
export type ResetEvent = { type: 'reset'; rewriteNo: number; attempt: number; keepUpTo: number; reason: ResetReason }
export type ClosedFact = {
  length: number
  /** SHA-256 of the stored row in UTF-8, hex. */
  sha256: string
  ending: Ending
}
export type ClosedEvent = ClosedFact & { type: 'closed'; rewriteNo: number; attempt: number }
/** The end of a followed task, always the last event. */
export type EndEvent = {
  type: 'end'
  taskId: string
  status: 'completed' | 'failed' | 'cancelled'
  failure: Failure | null
  rewrites: { rewriteId: string; rewriteNo: number; stage: string; length: number; ending: Ending }[]
  usage: { promptTokens: number; completionTokens: number; estimated: boolean }
}
/** What changed in the workspace: the present rows of changed tasks. */
export type WorkspaceEvent = { type: 'workspace'; eventSeq: number; tasks: WorkspaceTaskView[] }
export type WorkspaceTaskView = {
  id: string
  projectId: string
  title: string
  pipeline: string
  status: TaskStatus
  currentStage: string | null
  failure: Failure | null
  removed: boolean
  createdAt: string
  startedAt: string | null
  endedAt: string | null
}

export type FeedEvent =
  | StateEvent
  | FiguresEvent
  | OpenEvent
  | DeltaEvent
  | ResetEvent
  | ClosedEvent
  | EndEvent
  | WorkspaceEvent

export function isDelta(event: FeedEvent): event is DeltaEvent {
  return Array.isArray(event)
}
