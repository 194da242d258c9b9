import { createDoorbell, type Doorbell } from '@stagewright/core'
import {
  createDatabase,
  createJobQueue,
  createSharedDoorbell,
  openDatabase,
  readLoad,
  type DatabaseLogEntry,
} from '@stagewright/db'
import type { FolderLock } from '@stagewright/db/folderLock'
import type { Config } from './config.ts'
import type { Logger } from './log.ts'
import { loadWithinMs } from './metrics/metrics.ts'
import { openRedis, type OpenRedis } from './redis/openRedis.ts'
import { version } from './version.ts'

export type Storage = Awaited<ReturnType<typeof openStorage>>

export type StorageOptions = {
  /** Told when the server can't go on (the embedded database went away). */
  onFailure(error: Error): void
  /** The data folder's lock, where it is held already. */
  lock?: FolderLock | undefined
}

type Opening = { options: StorageOptions; stack: AsyncDisposableStack }

/** The database, its queue and its bell; the stack closes them again. */
export async function openStorage(config: Config, log: Logger, { options, stack }: Opening) {
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
  return {
    prisma,
    queue,
    doorbell,
    database: createDatabase({ prisma, pool, queue }),
    isAlone: embedded,
    isReady,
    readLoad: () => readLoad(pool, { limitMs: loadWithinMs }),
  }
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
export function openAccelerator(
  { redisUrl: url, databaseUrl }: Config,
  log: Logger,
  stack: AsyncDisposableStack,
): OpenRedis | null {
  if (url === null) return null
  if (databaseUrl === null) {
    log.warn('REDIS_URL is not used: without DATABASE_URL there is no other process to reach.')
    return null
  }
  const redis = openRedis({ url, version, log })
  stack.defer(async () => redis.close())
  return redis
}
