import { randomUUID } from 'node:crypto'
import {
  createChangeRunner,
  createEngine,
  createFeed,
  createProcessors,
  createProjects,
  createStages,
  createWebhooks,
  pipelines,
  type Database,
  type Doorbell,
  type Engine,
  type Feed,
  type FeedOptions,
  type FeedPublisher,
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
  const engine = createEngine({
    database,
    queue,
    provider,
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
  const parts = { database, crypto: processCrypto, change, pipelines, cancelTask: engine.cancel }
  const settings = { database, outside, crypto: processCrypto, pipelines }
  return {
    engine,
    feed,
    projects: createProjects(parts),
    stages: createStages(parts),
    processors: createProcessors(settings),
    webhooks: createWebhooks(settings),
  }
}
