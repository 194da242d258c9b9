/**
 * What the studio needs of the program beside the client: its words as types, and the readers of structured texts.
 * Only for workspaces of this repository; the packed client is `index.ts`.
 */
export type {
  Ending,
  ErrorCode,
  ErrorParams,
  ExportFormat,
  Failure,
  FeedView,
  Figures,
  LiveTaskView,
  Move,
  ProjectState,
  RewriteKind,
  RewriteView,
  Row,
  RowsView,
  Speed,
  StageStatus,
  StageView,
  TaskStatus,
  TextView,
} from '@stagewright/core'
export type { PipelineView } from '@stagewright/api'
export {
  createRowReader,
  errorCodes,
  moves,
  projectFormats,
  readFiles,
  readMove,
  readSections,
  readSpeed,
  speeds,
} from '@stagewright/core'
