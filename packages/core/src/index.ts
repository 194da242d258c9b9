export * from './engine/access.ts'
export { createChangeRunner, type ChangeRunner } from './engine/change.ts'
export type { CreateTaskRequest } from './engine/createTask.ts'
export * from './engine/definition.ts'
export type { EngineDeps, EngineLog } from './engine/deps.ts'
export { restingStatus } from './engine/endTask.ts'
export { createEngine, type Engine } from './engine/engine.ts'
export { estimateTokens } from './engine/estimateTokens.ts'
export type { StageEstimate } from './engine/estimateTask.ts'
export { defaultSettings, type EngineSettings } from './engine/settings.ts'
export * from './errors.ts'
export { exportFormats, projectFormats, type Cue, type ExportFormat, type Table } from './exports/exportFormats.ts'
export { formatsOfStage } from './exports/formatsOfStage.ts'
export { nameFile } from './exports/fileName.ts'
export { toMarkdownTable } from './exports/markdownTable.ts'
export { toSrt } from './exports/subtitles.ts'
export * from './feed/events.ts'
export { emptyView, foldEvent, isGap, verifyText, type FeedView, type Gap, type TextView } from './feed/fold.ts'
export {
  bellKinds,
  createDoorbell,
  type BellKey,
  type BellKind,
  type Doorbell,
  type LocalDoorbell,
} from './feed/doorbell.ts'
export { createFeed, type Feed, type FeedOptions } from './feed/feed.ts'
export type { RelayedPiece, TextRelay, TextSource } from './feed/textRelay.ts'
export type { FollowedEvent, FollowOptions } from './feed/follow.ts'
export * from './feed/producer.ts'
export { openingSpans } from './feed/spans.ts'
export { describeProject } from './feed/state.ts'
export { isOutOfDate } from './outOfDate.ts'
export * from './pipelines/index.ts'
export * from './ports.ts'
export { hasPreview, previewPath } from './projects/previews.ts'
export { createProjects, type Projects } from './projects/projects.ts'
export { createStages, type Stages } from './projects/stages.ts'
export * from './records.ts'
