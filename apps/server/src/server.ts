/**
 * The process, wired from config to open port and stopped in reverse. Guarantee of `stop()`: running text reaches the
 * database, tasks are handed back, viewers are told to come back, and nothing stays open.
 */
import { createForgetting, type DocumentPort, type FeedOptions } from '@stagewright/core'
import type { Config } from './config.ts'
import { processClock } from './clock.ts'
import { createApi } from './createApi.ts'
import { createDocumentPort } from './documents/createDocumentPort.ts'
import { openFileStore } from './files/openFileStore.ts'
import { createHealthServer } from './http/healthServer.ts'
import type { RequestTimes } from './http/httpServer.ts'
import { watchLoopDelay } from './live/loopDelay.ts'
import { createViewerPlaces } from './live/viewerPlaces.ts'
import type { Logger } from './log.ts'
import { createMetrics } from './metrics/metrics.ts'
import { openAccelerator, openStorage, type StorageOptions } from './openStorage.ts'
import { createProgram, type ProgramParts } from './program.ts'
import { openOutside } from './outside/openOutside.ts'
import { addressOf } from './origins.ts'
import { openProviders } from './providers/openProviders.ts'
import { createExporter } from './exports/createExporter.ts'
import { loadSecretKey } from './secretKey.ts'

export type RunningServer = {
  /** Where it listens, as a person may open it. */
  url: string
  /** Resolves when all is closed; calling it again waits for the same end. */
  stop(): Promise<void>
}

export type ServerOptions = StorageOptions & {
  /** For tests only: how the feed is fed. */
  feedOptions?: FeedOptions
  /** For tests only: how slowly a request may come. */
  requestTimes?: Partial<RequestTimes>
  /** For tests only: who reads documents. */
  documents?: DocumentPort
  /** For tests only: how often what is not needed goes, in milliseconds. */
  forgetEveryMs?: number
}

/** How often a lone process looks at the database while its own text flows. Milliseconds. */
const aloneLookMs = 60_000
/** A deploy's viewers come back within this time, not all at once. */
const comeBackWithinMs = 2_000

export async function startServer(config: Config, log: Logger, options: ServerOptions): Promise<RunningServer> {
  await using stack = new AsyncDisposableStack()
  const storage = await openStorage(config, log, { options, stack })
  const { queue, doorbell, isAlone } = storage
  const metrics = createMetrics()
  const database = metrics.watchTasks(storage.database)
  const secretKey = await loadSecretKey(config.secretKey, config.dataDir)
  const providers = await openProviders(config, { database, secretKey, stack })

  let port = config.port
  const ownUrl = () => addressOf(config, port)
  const { signing, outside } = openOutside(config, secretKey, ownUrl)
  const loopDelayMs = openLoopDelay(stack)
  const feedOptions = { loopDelayMs, ...(isAlone ? { flowingMs: aloneLookMs } : {}), ...options.feedOptions }
  const provider = metrics.watchCalls(providers.port)
  const redis = openAccelerator(config, log, stack)
  const documents = options.documents ?? createDocumentPort()
  const { defaultModel } = providers.port
  const relay = redis?.relay ?? null
  const ports = { database, queue, provider, defaultModel, documents, outside, doorbell, relay }
  const { program, forgetting } = await openProgram(
    { ...ports, config, log, feedOptions, watchText: metrics.watchText },
    stack,
    options.forgetEveryMs,
  )
  const viewers = createViewerPlaces(config.viewers, metrics.places)
  metrics.read({
    ...program,
    slots: config.engine.workerSlots,
    viewers,
    loopDelayMs,
    readLoad: storage.readLoad,
  })

  const exporter = createExporter({ ...program, database })
  stack.defer(exporter.close)

  const operations = { isReady: storage.isReady, metrics, metricsToken: config.metricsToken }
  const served = { config, log, redis, program, providers, secretKey, viewers, operations }
  const http =
    config.role === 'worker'
      ? createHealthServer(operations)
      : await createApi({
          ...served,
          storage: { ...storage, database },
          outside: signing,
          exportFile: exporter.export,
          port: () => port,
          times: options.requestTimes,
        })
  stack.defer(async () => {
    // The connections first: a feed that ends under a live one would be an error to its viewer.
    await http.close({ comeBackWithinMs })
    program.feed.close({ comeBackWithinMs })
  })
  // First of all: what runs is made durable and handed back, and only then are its viewers sent away.
  stack.defer(() => program.engine.stop())
  port = await http.listen(config.port, config.host)
  if (config.role !== 'api') {
    await program.engine.start({ nobodyElse: isAlone })
    forgetting.start()
  }

  const stopping = stack.move()
  return { url: ownUrl(), stop: () => stopping.disposeAsync() }
}

function openLoopDelay(stack: AsyncDisposableStack): () => number {
  const loopDelay = watchLoopDelay()
  stack.defer(async () => loopDelay.stop())
  return loopDelay.delayMs
}

/** The program on its ports, and what forgets files with time, which the stack ends. */
async function openProgram(parts: Omit<ProgramParts, 'store'>, stack: AsyncDisposableStack, everyMs?: number) {
  const store = await openFileStore(parts.config)
  const forgetting = createForgetting({ ...parts, store, clock: processClock, everyMs })
  stack.defer(() => forgetting.stop())
  return { program: createProgram({ ...parts, store }), forgetting }
}
