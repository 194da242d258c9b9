/**
 * The rows the program works on, in the words of the product. Times are the database's clock.
 * Lengths and offsets of text are UTF-16 code units, counted by us (PostgreSQL counts code points).
 */
import type { Failure } from './errors.ts'
import type { DocumentFormat } from './ports/files.ts'
import type { Message } from './ports/provider.ts'

export type StageStatus = 'ready' | 'queued' | 'running' | 'waiting' | 'done' | 'stopped' | 'failed'
export type TaskStatus = 'queued' | 'running' | 'waiting' | 'completed' | 'failed' | 'cancelled'
export type Ending = 'complete' | 'cutOff' | 'stopped' | 'interrupted'
export type RewriteKind = 'generated' | 'continued' | 'edited' | 'restored' | 'accepted'
export type AttemptOutcome = 'completed' | 'failed' | 'cancelled' | 'waiting' | 'handedBack' | 'superseded'

export const endedStatuses = ['completed', 'failed', 'cancelled'] as const satisfies readonly TaskStatus[]

export function hasEnded(status: TaskStatus): status is (typeof endedStatuses)[number] {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

export type ProjectRecord = {
  id: string
  workspaceId: string
  createdBy: string
  pipeline: string
  title: string
  input: Record<string, unknown>
  /** Raised in every transaction that touches the project. */
  revision: number
  /** The number of the project's newest rewrite; 0 when it has none. */
  lastRewriteNo: number
  archivedAt: Date | null
  removedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

export type StageRecord = {
  projectId: string
  key: string
  position: number
  status: StageStatus
  locked: boolean
  currentRewriteId: string | null
  /** The rewrite of its newest run or edit; differs from the current one after a run that was stopped or failed. */
  lastRewriteId: string | null
  /** Why its newest run failed; null otherwise. */
  failure: Failure | null
}

/** From `from` on the text was written by `attempt`; 0: by none, it was copied. Ordered; the first starts at 0. */
export type Span = { attempt: number; from: number }

/** A rewrite without its text. */
export type RewriteRecord = {
  id: string
  projectId: string
  stageKey: string
  /** Its number within the project, from 1, growing. */
  no: number
  kind: RewriteKind
  taskId: string | null
  /** The fencing token: only a writer holding this number may add text. 0 for rewrites no task made. */
  attempt: number
  length: number
  spans: Span[]
  /** The text before the last checkpoint is final: a takeover keeps it. */
  checkpoint: { length: number; content: unknown } | null
  ending: Ending | null
  /** SHA-256 of the closed text in UTF-8, hex; null while open. */
  sha256: string | null
  /** The rewrite of the stage before it that it was made from; null when made from the user's own text. */
  inputRewriteId: string | null
  /** The rewrite it was edited, restored or revised from. */
  baseRewriteId: string | null
  /** What the user asked for in this run; the history of feedback is read from here. */
  instruction: string | null
  createdBy: string | null
  summary: string | null
  promptTokens: number | null
  completionTokens: number | null
  createdAt: Date
  closedAt: Date | null
}

export type DraftRecord = {
  projectId: string
  stageKey: string
  userId: string
  text: string
  baseRewriteId: string | null
  updatedAt: Date
}

export type TaskRecord = {
  id: string
  workspaceId: string
  projectId: string
  createdBy: string
  status: TaskStatus
  /** The stages it runs, in order. */
  stages: string[]
  currentStage: string | null
  /** Grows with each claim and takeover. */
  attempt: number
  workerId: string | null
  /** The job by which it was claimed last. While that one is live, no other takes the task from its worker. */
  jobId: string | null
  cancelRequestedAt: Date | null
  idempotencyKey: string | null
  /** SHA-256 of the create request, to tell a repeat from a conflict. */
  requestHash: string
  instruction: string | null
  /** The one part of its stage's text that it writes anew; null: all of it. */
  part: string | null
  /** The rewrite that was cut off and that it goes on with. */
  continueFrom: string | null
  /** The user's own text as a stage's input, by stage key. */
  inputs: Record<string, string>
  model: string | null
  reviewEach: boolean
  /** What an outside processor is at, while the task waits for it; null while it waits for a review, or not at all. */
  outside: OutsideProgress | null
  retryOf: string | null
  failure: Failure | null
  /** Crashes in a row without progress, and how far the text had come then (for the poison rule). */
  crashes: number
  furthestLength: number
  promptTokens: number
  completionTokens: number
  usageEstimated: boolean
  /** The workspace's event number of its last change. */
  eventSeq: number
  firstClaimedAt: Date | null
  /** Milliseconds spent waiting for a review or a processor, not counted against the time limit. */
  waitedMs: number
  waitingSince: Date | null
  createdAt: Date
  startedAt: Date | null
  endedAt: Date | null
  updatedAt: Date
  removedAt: Date | null
}

/** `id` is the outside task's. `fraction` from 0 to 1; null while nothing was said. */
export type OutsideProgress = { id: string; fraction: number | null; message: string | null }

export type TaskStageStatus = 'queued' | 'running' | 'done' | 'stopped' | 'failed'

export type TaskStageRecord = {
  taskId: string
  key: string
  position: number
  status: TaskStageStatus
  rewriteId: string | null
  promptTokens: number
  completionTokens: number
  summary: string | null
  /** What a stage that judges gave, 0 to 100; null for every other. */
  score: number | null
  failure: Failure | null
  startedAt: Date | null
  endedAt: Date | null
}

export type AttemptRecord = {
  taskId: string
  attempt: number
  workerId: string
  outcome: AttemptOutcome | null
  startedAt: Date
  endedAt: Date | null
}

/** One request to a provider: what it was sent and what came of it. */
export type CallRecord = {
  id: string
  taskId: string
  attempt: number
  stageKey: string
  createdBy: string
  providerId: string
  providerName: string
  model: string
  messages: readonly Message[]
  outcome: 'finished' | 'failed' | 'aborted' | null
  failure: Failure | null
  firstTextMs: number | null
  promptTokens: number | null
  completionTokens: number | null
  usageEstimated: boolean
  /** The last 64 KiB of the model's reasoning. */
  reasoning: string | null
  startedAt: Date
  endedAt: Date | null
}

/** A file that was uploaded, or left by a stage; its content stands in the store under its id. */
export type FileRecord = {
  id: string
  workspaceId: string
  /** Null until a project was made with it, and once that is gone for good. */
  projectId: string | null
  /** The version that it is the file of; null for uploads. */
  rewriteId: string | null
  createdBy: string
  name: string
  mediaType: string
  format: DocumentFormat | null
  /** Size and SHA-256 (hex) of the content; null until it is stored. */
  bytes: number | null
  sha256: string | null
  /** Null while the content is not whole: then nobody is shown the file. */
  storedAt: Date | null
  createdAt: Date
}

export type ProviderRecord = {
  id: string
  name: string
  baseUrl: string
  apiKeyEncrypted: string
  models: { name: string }[]
  active: boolean
  origin: 'user' | 'environment'
  weight: number
}
