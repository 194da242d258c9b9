/// <reference types="node" />
import { createChangeRunner } from '../engine/change.ts'
import type { EngineLog } from '../engine/deps.ts'
import type { Documents } from '../engine/documents.ts'
import { createEngine, type Engine } from '../engine/engine.ts'
import { defaultSettings, type EngineSettings } from '../engine/settings.ts'
import type { EndEvent } from '../feed/events.ts'
import { createDoorbell, type Doorbell } from '../feed/doorbell.ts'
import { createFeed, type Feed, type FeedOptions } from '../feed/feed.ts'
import { createMemoryStorage } from '../memory/index.ts'
import type { PipelineDefinition } from '../engine/definition.ts'
import type { Clock, Database, JobQueue, OutsidePort, ProviderPort } from '../ports.ts'
import { createProjects, type Projects } from '../projects/projects.ts'
import { createStages, type Stages } from '../projects/stages.ts'
import { createNodeCrypto } from './nodeCrypto.ts'
import { createScriptedOutside } from './scriptedOutside.ts'
import { testPipelines } from './testPipelines.ts'

export type OpenProgram = {
  engine: Engine
  feed: Feed
  projects: Projects
  stages: Stages
  database: Database
  queue: JobQueue
  /** Waits for the task's `end` by following it. */
  endOf(taskId: string): Promise<EndEvent>
  /** The stored text of a stage's newest rewrite. */
  lastText(projectId: string, stage: string): Promise<string>
  close(): Promise<void>
}

export type ProgramOptions = {
  provider: ProviderPort
  outside?: OutsidePort
  settings?: Partial<EngineSettings>
  storage?: { database: Database; queue: JobQueue }
  documents?: Documents
  pipelines?: Record<string, PipelineDefinition>
  feedOptions?: FeedOptions
  /** One that it shares with another program on the same storage, as two processes would. */
  doorbell?: Doorbell
  log?: EngineLog
}

/** Real time, for tests that wait for facts. */
export const realClock: Clock = {
  now: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs)
    return () => clearTimeout(timer)
  },
}

const noDocuments: Documents = {
  // oxlint-disable-next-line require-yield
  async *readSegments() {
    throw new Error('This program has no documents.')
  },
  deliver: () => Promise.reject(new Error('This program has no documents.')),
}

const silent: EngineLog = { info: () => {}, warn: () => {}, error: () => {} }
/** Paces that let a test wait for facts in milliseconds. */
const quick: Partial<EngineSettings> = {
  durableTickMs: 5,
  fetchEveryMs: 20,
  touchEveryMs: 50,
  cancelCheckEveryMs: 20,
  retryDelayMs: 1,
  outboxPauseMs: 20,
  jobRetryMs: 1,
}

/** The whole program on storage in memory (or the one given), with a provider of the test's. */
export function openProgram(options: ProgramOptions): OpenProgram {
  const crypto = createNodeCrypto()
  const { database, queue } = options.storage ?? createMemoryStorage({ crypto, clock: realClock })
  const { feedOptions, doorbell = createDoorbell() } = options
  const feed = createFeed({ database, clock: realClock, doorbell, ...(feedOptions && { options: feedOptions }) })
  const change = createChangeRunner(database, feed)
  const pipelines = options.pipelines ?? testPipelines
  const engine = createEngine({
    database,
    queue,
    provider: options.provider,
    documents: options.documents ?? noDocuments,
    outside: options.outside ?? createScriptedOutside(),
    feed,
    doorbell,
    clock: realClock,
    crypto,
    log: options.log ?? silent,
    settings: { ...defaultSettings, ...quick, ...options.settings },
    pipelines,
    change,
    workerId: crypto.newId(),
    random: () => 0.5,
  })
  const defaultModel = async (): Promise<string> => 'scripted-1'
  const parts = { database, crypto, change, pipelines, defaultModel, cancelTask: engine.cancel }
  const ending = new AbortController()
  return {
    engine,
    feed,
    projects: createProjects(parts),
    stages: createStages(parts),
    database,
    queue,
    async endOf(taskId) {
      for await (const { event } of feed.followTask({ taskId, signal: ending.signal })) {
        if ('type' in event && event.type === 'end') return event
      }
      throw new Error(`The feed of task ${taskId} returned without an end.`)
    },
    async lastText(projectId, stage) {
      const look = await database.projectLook(projectId)
      const id = look?.stages.find((candidate) => candidate.key === stage)?.lastRewriteId
      return id == null ? '' : ((await database.storedTextFrom(id, 0))?.text ?? '')
    },
    async close() {
      ending.abort()
      await engine.stop()
      feed.close()
    },
  }
}
