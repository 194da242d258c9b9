export { createClient, type Client, type FollowOptions } from './createClient.ts'
export type { ConnectionState } from './followForever.ts'
export type { StudioOptions, Transport } from './links.ts'
export { TRPCClientError } from '@trpc/client'
export type { AppRouter, ProjectView, TaskLookView, TaskView, VersionView } from '@stagewright/api'
export type {
  ErrorCode,
  FeedEvent,
  FeedView,
  Figures,
  FollowedEvent,
  ProjectState,
  StageView,
  TextView,
} from '@stagewright/core'
