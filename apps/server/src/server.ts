/**
 * The process, wired from config to open port and stopped in reverse. Guarantee of `stop()`: running text reaches the
 * database, tasks are handed back, viewers are told to come back, and nothing stays open.
 */
import {
  createDatabase,
  createJobQueue,
  createSharedDoorbell,
  openDatabase,
  type DatabaseLogEntry,
} from '@stagewright/db'
import type { FolderLock } from '@stagewright/db/folderLock'
import { createDoorbell, type Database, type Doorbell, type FeedOptions, type TextRelay } from '@stagewright/core'
import { createApiKeys, createKeyCheck } from './accounts/apiKeys.ts'
import { createAuth } from './accounts/auth.ts'
import { createIdentify } from './accounts/identify.ts'
import { rememberAnswers } from './accounts/rememberAnswers.ts'
import { createStanding } from './accounts/standing.ts'
import type { Config } from './config.ts'
import { startDemoWriter } from './demo/demoWriter.ts'
import { createHealthServer } from './http/healthServer.ts'
import { createHttpServer, type HttpServer, type RequestTimes } from './http/httpServer.ts'
import { watchLoopDelay } from './live/loopDelay.ts'
import { createViewerPlaces } from './live/viewerPlaces.ts'
import type { Logger } from './log.ts'
import { createOriginRule } from './origins.ts'
import { createProgram, type Program } from './program.ts'
import { saveEnvironmentProvider } from './providers/environmentProvider.ts'
import { createKeyVault } from './providers/keyVault.ts'
import { createProviderDirectory } from './providers/providerDirectory.ts'
import { createQuirkStore } from './providers/quirks.ts'
import { openRedis } from './redis/openRedis.ts'
import { loadSecretKey } from './secretKey.ts'

export type RunningServer = {
  /** Where it listens, as a person may open it. */
  url: string
  /** Resolves when all is closed; calling it again waits for the same end. */
  stop(): Promise<void>
}

export type ServerOptions = {
  /** Told when the server can't go on (the embedded database went away). */
  onFailure(error: Error): void
  /** The data folder's lock, where it is held already. */
  lock?: FolderLock | undefined
  /** For tests only: how the feed is fed. */
  feedOptions?: FeedOptions
  /** For tests only: how slowly a request may come. */
  requestTimes?: RequestTimes
}

const version = '0.1.0'
/** Providers change with the settings of a start; a change by another process is seen within this time. */
const providersBelievedMs = 30_000
/** How often a lone process looks at the database while its own text flows. Milliseconds. */
const aloneLookMs = 60_000
/** A deploy's viewers come back within this time, not all at once. */
const comeBackWithinMs = 2_000

export async function startServer(config: Config, log: Logger, options: ServerOptions): Promise<RunningServer> {
  await using stack = new AsyncDisposableStack()
  const storage = await openStorage(config, log, { options, stack })
  const { database, queue, doorbell, isAlone } = storage
  const secretKey = await loadSecretKey(config.secretKey, config.dataDir)
  const providers = await openProviders(config, { database, secretKey, stack })

  const loopDelay = watchLoopDelay()
  stack.defer(async () => loopDelay.stop())
  const feedOptions = {
    loopDelayMs: loopDelay.delayMs,
    ...(isAlone ? { flowingMs: aloneLookMs } : {}),
    ...options.feedOptions,
  }
  const program = createProgram({
    config,
    database,
    queue,
    provider: providers.port,
    doorbell,
    relay: openRelay(config, log, stack),
    log,
    feedOptions,
  })

  let port = config.port
  const http =
    config.role === 'worker'
      ? createHealthServer(storage.isReady)
      : await createApi({
          config,
          log,
          storage,
          program,
          providers,
          secretKey,
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
  if (config.role !== 'api') await program.engine.start({ nobodyElse: isAlone })

  const stopping = stack.move()
  const url = config.publicUrl ?? `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`
  return { url, stop: () => stopping.disposeAsync() }
}

type Stack = { stack: AsyncDisposableStack }

async function openStorage(config: Config, log: Logger, { options, stack }: Stack & { options: ServerOptions }) {
  const say = ({ level, message, error }: DatabaseLogEntry): void => log[level]({ err: error }, message)
  const { databaseUrl, dataDir } = config
  const { lock, onFailure } = options
  const opened = await openDatabase({ url: databaseUrl ?? undefined, dataDir, lock, log: say, onFailure })
  stack.defer(() => opened.close())
  const { prisma, pool, poolConfig, embedded } = opened
  const queue = createJobQueue({ poolConfig, embedded, log: say })
  stack.defer(() => queue.stop())
  await queue.start()
  const isReady = (): Promise<boolean> =>
    pool.query('SELECT 1').then(
      () => true,
      () => false,
    )
  // Embedded there is no other process: no bell of this one is ever lost, and nobody else revokes a session.
  const doorbell = embedded ? createDoorbell() : await openDoorbell({ poolConfig, log: say }, stack)
  return { prisma, queue, doorbell, database: createDatabase({ prisma, pool, queue }), isAlone: embedded, isReady }
}

async function openDoorbell(
  options: Parameters<typeof createSharedDoorbell>[0],
  stack: AsyncDisposableStack,
): Promise<Doorbell> {
  const doorbell = createSharedDoorbell(options)
  stack.defer(() => doorbell.stop())
  await doorbell.start()
  return doorbell
}

/** What is faster between processes than the database, where it is set up and there are others. */
function openRelay({ redisUrl: url, databaseUrl }: Config, log: Logger, stack: AsyncDisposableStack): TextRelay | null {
  if (url === null) return null
  if (databaseUrl === null) {
    log.warn('REDIS_URL is not used: without DATABASE_URL there is no other process to reach.')
    return null
  }
  const redis = openRedis({ url, log })
  stack.defer(async () => redis.close())
  return redis.relay
}

type Api = {
  config: Config
  log: Logger
  storage: Awaited<ReturnType<typeof openStorage>>
  program: Program
  providers: Awaited<ReturnType<typeof openProviders>>
  secretKey: string
  /** Where it listens, once it does. */
  port(): number
  times: RequestTimes | undefined
}

/** What people and services reach: accounts, procedures, live text, the studio. */
function createApi(parts: Api): Promise<HttpServer> {
  const { config, log, storage, program, providers, secretKey, port, times } = parts
  const { prisma, database, isAlone, isReady } = storage
  const origins = createOriginRule(config, port)
  const standing = createStanding(prisma, { isAlone })
  const auth = createAuth({ prisma, secretKey, origins, publicUrl: config.publicUrl, standing, log })
  const apiKeys = createApiKeys(auth, prisma, standing)
  const about = async () => ({
    version,
    usesDemoWriter: await providers.usesDemoWriter(),
    hasAccounts: (await prisma.user.findFirst({ select: { id: true } })) !== null,
  })
  return createHttpServer({
    auth,
    identify: createIdentify({ auth, checkKey: createKeyCheck(auth), standing, prisma }),
    origins,
    log,
    services: { ...program, database, apiKeys, about, log, viewers: createViewerPlaces(config.viewers) },
    maxConnections: config.viewers.viewersTotal,
    isReady,
    times,
  })
}

/** The way to the models: the providers of the database, or the demo writer while there is none. */
async function openProviders(
  config: Config,
  { database, secretKey, stack }: Stack & { database: Database; secretKey: string },
) {
  const vault = createKeyVault(secretKey)
  // Who runs no tasks may be without the settings of the provider: it must not put it to rest for those who have them.
  if (config.role !== 'api') await saveEnvironmentProvider(database, vault, config.provider)
  const demo = await startDemoWriter()
  stack.defer(() => demo.close())
  const providers = rememberAnswers(providersBelievedMs, () => database.listProviders())
  const list = () => providers.ask('all', undefined)
  const port = createProviderDirectory({
    list,
    vault,
    demo: { ...demo, id: 'demo', name: 'Demo writer' },
    quirks: createQuirkStore(),
    allowPrivate: config.allowPrivateProviders,
  })
  const usesDemoWriter = async (): Promise<boolean> => !(await list()).some((row) => row.active)
  // Read once before the first task, which then need not.
  await list()
  return { port, usesDemoWriter }
}
