import type {
  AttemptRecord,
  CallRecord,
  DeliveryRecord,
  DraftRecord,
  FileRecord,
  OutsideTaskRecord,
  ProcessorRecord,
  ProjectRecord,
  RewriteRecord,
  StageRecord,
  TaskRecord,
  TaskStageRecord,
  WebhookRecord,
} from '@stagewright/core'

/** How a field is stored: `count` is a whole number (also bigint), `time` a timestamptz, `json` a jsonb. */
export type FieldKind = 'plain' | 'count' | 'time' | 'json'

declare const recordOf: unique symbol

/** The fields of a record, complete, so that a field added to a record is missed by the compiler and not by a reader. */
export type Shape<T> = { readonly [K in keyof T]-?: FieldKind } & { readonly [recordOf]?: T }

export const projectShape: Shape<ProjectRecord> = {
  id: 'plain',
  workspaceId: 'plain',
  createdBy: 'plain',
  pipeline: 'plain',
  title: 'plain',
  input: 'json',
  revision: 'count',
  lastRewriteNo: 'count',
  archivedAt: 'time',
  removedAt: 'time',
  createdAt: 'time',
  updatedAt: 'time',
}

export const stageShape: Shape<StageRecord> = {
  projectId: 'plain',
  key: 'plain',
  position: 'count',
  status: 'plain',
  locked: 'plain',
  currentRewriteId: 'plain',
  lastRewriteId: 'plain',
  failure: 'json',
}

export const rewriteShape: Shape<RewriteRecord> = {
  id: 'plain',
  projectId: 'plain',
  stageKey: 'plain',
  no: 'count',
  kind: 'plain',
  taskId: 'plain',
  attempt: 'count',
  length: 'count',
  spans: 'json',
  checkpoint: 'json',
  ending: 'plain',
  sha256: 'plain',
  inputRewriteId: 'plain',
  baseRewriteId: 'plain',
  instruction: 'plain',
  createdBy: 'plain',
  summary: 'plain',
  promptTokens: 'count',
  completionTokens: 'count',
  createdAt: 'time',
  closedAt: 'time',
}

export const draftShape: Shape<DraftRecord> = {
  projectId: 'plain',
  stageKey: 'plain',
  userId: 'plain',
  text: 'plain',
  baseRewriteId: 'plain',
  updatedAt: 'time',
}

export const taskShape: Shape<TaskRecord> = {
  id: 'plain',
  workspaceId: 'plain',
  projectId: 'plain',
  createdBy: 'plain',
  status: 'plain',
  stages: 'plain',
  currentStage: 'plain',
  attempt: 'count',
  workerId: 'plain',
  jobId: 'plain',
  cancelRequestedAt: 'time',
  idempotencyKey: 'plain',
  requestHash: 'plain',
  instruction: 'plain',
  part: 'plain',
  continueFrom: 'plain',
  inputs: 'json',
  model: 'plain',
  reviewEach: 'plain',
  outside: 'json',
  retryOf: 'plain',
  failure: 'json',
  crashes: 'count',
  furthestLength: 'count',
  promptTokens: 'count',
  completionTokens: 'count',
  usageEstimated: 'plain',
  eventSeq: 'count',
  firstClaimedAt: 'time',
  waitedMs: 'count',
  waitingSince: 'time',
  createdAt: 'time',
  startedAt: 'time',
  endedAt: 'time',
  updatedAt: 'time',
  removedAt: 'time',
}

export const taskStageShape: Shape<TaskStageRecord> = {
  taskId: 'plain',
  key: 'plain',
  position: 'count',
  status: 'plain',
  rewriteId: 'plain',
  promptTokens: 'count',
  completionTokens: 'count',
  summary: 'plain',
  score: 'count',
  failure: 'json',
  startedAt: 'time',
  endedAt: 'time',
}

export const attemptShape: Shape<AttemptRecord> = {
  taskId: 'plain',
  attempt: 'count',
  workerId: 'plain',
  outcome: 'plain',
  startedAt: 'time',
  endedAt: 'time',
}

export const fileShape: Shape<FileRecord> = {
  id: 'plain',
  workspaceId: 'plain',
  projectId: 'plain',
  rewriteId: 'plain',
  createdBy: 'plain',
  name: 'plain',
  mediaType: 'plain',
  format: 'plain',
  bytes: 'count',
  sha256: 'plain',
  storedAt: 'time',
  createdAt: 'time',
}

export const callShape: Shape<CallRecord> = {
  id: 'plain',
  taskId: 'plain',
  attempt: 'count',
  stageKey: 'plain',
  createdBy: 'plain',
  providerId: 'plain',
  providerName: 'plain',
  model: 'plain',
  messages: 'json',
  outcome: 'plain',
  failure: 'json',
  firstTextMs: 'count',
  promptTokens: 'count',
  completionTokens: 'count',
  usageEstimated: 'plain',
  reasoning: 'plain',
  startedAt: 'time',
  endedAt: 'time',
}

export const processorShape: Shape<ProcessorRecord> = {
  id: 'plain',
  pipeline: 'plain',
  stage: 'plain',
  url: 'plain',
  secretEncrypted: 'plain',
  active: 'plain',
  timeLimitMs: 'count',
  createdAt: 'time',
  removedAt: 'time',
}

export const outsideTaskShape: Shape<OutsideTaskRecord> = {
  id: 'plain',
  taskId: 'plain',
  projectId: 'plain',
  stageKey: 'plain',
  attempt: 'count',
  processorId: 'plain',
  kind: 'plain',
  inputRewriteId: 'plain',
  baseRewriteId: 'plain',
  instruction: 'plain',
  status: 'plain',
  deadlineAt: 'time',
  createdAt: 'time',
  endedAt: 'time',
}

export const webhookShape: Shape<WebhookRecord> = {
  id: 'plain',
  workspaceId: 'plain',
  createdBy: 'plain',
  url: 'plain',
  events: 'plain',
  secretEncrypted: 'plain',
  active: 'plain',
  problem: 'plain',
  failingSince: 'time',
  createdAt: 'time',
  removedAt: 'time',
}

export const deliveryShape: Shape<DeliveryRecord> = {
  id: 'plain',
  kind: 'plain',
  processorId: 'plain',
  outsideTaskId: 'plain',
  webhookId: 'plain',
  event: 'plain',
  payload: 'plain',
  status: 'plain',
  tries: 'json',
  dueAt: 'time',
  giveUpAt: 'time',
  createdAt: 'time',
  endedAt: 'time',
}
