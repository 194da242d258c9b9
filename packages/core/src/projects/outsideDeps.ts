import type { PipelineDefinition } from '../engine/definition.ts'
import type { Crypto, Database, OutsidePort } from '../ports.ts'

/** What the settings of processors and webhooks are made of. */
export type OutsideDeps = {
  database: Database
  outside: OutsidePort
  crypto: Crypto
  pipelines: Readonly<Record<string, PipelineDefinition>>
}
