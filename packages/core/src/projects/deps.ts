import type { ChangeRunner } from '../engine/change.ts'
import type { Crypto, Database } from '../ports.ts'
import type { PipelineDefinition } from '../engine/definition.ts'

export type ProjectDeps = {
  database: Database
  crypto: Crypto
  change: ChangeRunner
  pipelines: Readonly<Record<string, PipelineDefinition>>
  /** The model a call is made with that wishes for none; null while there is no provider. */
  defaultModel(): Promise<string | null>
  /** Ends a live task of a project that is being removed. */
  cancelTask(actor: { userId: string }, taskId: string): Promise<unknown>
}

/** A stage of a project, by its key. */
export type StageName = { projectId: string; stage: string }
