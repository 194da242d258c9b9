import type { Doorbell } from '../feed/doorbell.ts'
import type { FeedPublisher } from '../feed/producer.ts'
import type { PipelineDefinition } from './definition.ts'
import type { Clock, Crypto, Database, JobQueue, OutsidePort, ProviderPort } from '../ports.ts'
import type { ChangeRunner } from './change.ts'
import type { Documents } from './documents.ts'
import type { EngineSettings } from './settings.ts'

/** What the engine needs told about the things it can't decide: one line each, structured. Never secrets. */
export type EngineLog = {
  info(facts: Record<string, unknown>, message: string): void
  warn(facts: Record<string, unknown>, message: string): void
  error(facts: Record<string, unknown>, message: string): void
}

/** What every part of the engine is made of. */
export type EngineDeps = {
  database: Database
  queue: JobQueue
  provider: ProviderPort
  /** To processors and webhooks. */
  outside: OutsidePort
  feed: FeedPublisher
  /** Carries wishes to stop to the worker that has the task; the same one that the feed listens to. */
  doorbell: Doorbell
  /** What stages read and deliver beside text. */
  documents: Documents
  clock: Clock
  crypto: Crypto
  log: EngineLog
  settings: EngineSettings
  /** The pipelines by key; the engine knows none itself. */
  pipelines: Readonly<Record<string, PipelineDefinition>>
  change: ChangeRunner
  /** Names this process in attempts and logs. */
  workerId: string
  /** A random number in [0, 1), for jitter. */
  random(): number
}
