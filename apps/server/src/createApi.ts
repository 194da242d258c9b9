import { createTaskAnswers, type Exporter } from '@stagewright/api'
import { createApiKeys, createKeyCheck } from './accounts/apiKeys.ts'
import { createAuth } from './accounts/auth.ts'
import { createIdentify } from './accounts/identify.ts'
import { createStanding } from './accounts/standing.ts'
import { processClock } from './clock.ts'
import type { Config } from './config.ts'
import type { Operations } from './http/operationsRoutes.ts'
import { createHttpServer, type HttpServer, type RequestTimes } from './http/httpServer.ts'
import type { ViewerPlaces } from './live/viewerPlaces.ts'
import type { Logger } from './log.ts'
import type { Storage } from './openStorage.ts'
import { createOriginRule } from './origins.ts'
import type { OutsideSigning } from './outside/openOutside.ts'
import type { Program } from './program.ts'
import type { Providers } from './providers/openProviders.ts'
import type { OpenRedis } from './redis/openRedis.ts'
import { version } from './version.ts'

export type ApiParts = {
  config: Config
  log: Logger
  storage: Pick<Storage, 'prisma' | 'database' | 'isAlone'>
  redis: OpenRedis | null
  program: Program
  providers: Providers
  secretKey: string
  outside: OutsideSigning
  viewers: ViewerPlaces
  exportFile: Exporter
  operations: Operations
  /** Where it listens, once it does. */
  port(): number
  times: Partial<RequestTimes> | undefined
}

/** What people and services reach: accounts, procedures, live text, the studio. */
export function createApi(parts: ApiParts): Promise<HttpServer> {
  const { config, log, storage, program, providers, secretKey, viewers, port } = parts
  const { prisma, database, isAlone } = storage
  const origins = createOriginRule(config, port)
  const standing = createStanding(prisma, { isAlone })
  const auth = createAuth({ prisma, secretKey, origins, publicUrl: config.publicUrl, standing, log })
  const apiKeys = createApiKeys(auth, prisma, standing)
  const about = async () => ({
    version,
    usesDemoWriter: await providers.usesDemoWriter(),
    hasAccounts: (await prisma.user.findFirst({ select: { id: true } })) !== null,
  })
  const shelf = parts.redis?.shelf ?? null
  // Where others write too, what this process knows may be a moment old: an answer must not be.
  const freshRevision = isAlone ? program.feed.freshRevision : () => null
  const taskAnswers = createTaskAnswers({ database, feed: program.feed, clock: processClock, freshRevision, shelf })
  return createHttpServer({
    auth,
    identify: createIdentify({ auth, checkKey: createKeyCheck(prisma), standing, prisma }),
    origins,
    trustedProxies: config.trustedProxies,
    log,
    files: program.files,
    services: { ...program, database, taskAnswers, apiKeys, about, log, viewers, exportFile: parts.exportFile },
    outside: parts.outside,
    maxConnections: config.viewers.viewersTotal,
    operations: parts.operations,
    times: parts.times,
  })
}
