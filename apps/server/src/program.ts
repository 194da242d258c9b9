import { randomUUID } from 'node:crypto'
import {
  createChangeRunner,
  createEngine,
  createFeed,
  createFiles,
  createProcessors,
  createProjects,
  createStages,
  createWebhooks,
  pipelines,
  type Database,
  type DocumentPort,
  type Doorbell,
  type Engine,
  type Feed,
  type FeedOptions,
  type FeedPublisher,
  type Files,
  type FileStore,
  type JobQueue,
  type OutsidePort,
  type Processors,
  type Projects,
  type ProviderPort,
  type Stages,
  type TextRelay,
  type Webhooks,
} from '@stagewright/core'
import { processClock, processCrypto } from './clock.ts'
import type { Config } from './config.ts'
import type { Logger } from './log.ts'

export type ProgramParts = {
  config: Config
  database: Database
  queue: JobQueue
  provider: ProviderPort
  /** The model that a call without a wish goes to; null while there is none. */
  defaultModel(): Promise<string | null>
  /** Contents of files, and who reads and writes documents. */
  store: FileStore
  documents: DocumentPort
  outside: OutsidePort
  /** Rings in this process, and where there are others in those too. */
  doorbell: Doorbell
  /** Carries live text to other processes before it is stored; null where nothing does. */
  relay: TextRelay | null
  log: Logger
  feedOptions?: FeedOptions
  /** The feed as the engine is given it. */
  watchText?(feed: FeedPublisher): FeedPublisher
}

/** The program itself on its ports: nothing here knows HTTP, Prisma or the environment. */
export type Program = {
  engine: Engine
  feed: Feed
  files: Files
  projects: Projects
  stages: Stages
  processors: Processors
  webhooks: Webhooks
}

export function createProgram({
  config,
  database,
  queue,
  provider,
  defaultModel,
  store,
  documents,
  outside,
  doorbell,
  relay,
  log,
  feedOptions,
  watchText,
}: ProgramParts): Program {
  const onError = (error: unknown): void =>
    log.warn({ err: error }, 'The feed could not look at the database; trying again.')
  const feed = createFeed({ database, clock: processClock, doorbell, relay, options: { onError, ...feedOptions } })
  const change = createChangeRunner(database, feed)
  const files = createFiles({ database, store, documents, crypto: processCrypto, change, log })
  const engine = createEngine({
    database,
    queue,
    provider,
    documents: files,
    outside,
    feed: watchText?.(feed) ?? feed,
    doorbell,
    clock: processClock,
    crypto: processCrypto,
    log,
    settings: config.engine,
    pipelines,
    change,
    workerId: randomUUID(),
    random: Math.random,
  })
  const parts = {
    database,
    crypto: processCrypto,
    change,
    pipelines,
    defaultModel,
    cancelTask: engine.cancel,
  }
  const settings = { database, outside, crypto: processCrypto, pipelines }
  return {
    engine,
    feed,
    files,
    projects: createProjects(parts),
    stages: createStages(parts),
    processors: createProcessors(settings),
    webhooks: createWebhooks(settings),
  }
}
