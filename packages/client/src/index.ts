export { createClient, type Client, type FollowOptions } from './createClient.ts'
export type { ConnectionState } from './following.ts'
export type { Hint, Hurry } from './hints.ts'
export type { StudioOptions, Transport, TransportMemory } from './links.ts'
export type { AskPermit, Permit } from './permit.ts'
export { TRPCClientError } from '@trpc/client'
export type { AppRouter, PipelineView, ProjectView, TaskLookView, TaskView, VersionView } from '@stagewright/api'
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
