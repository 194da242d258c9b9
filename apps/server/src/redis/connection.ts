import { Redis } from 'ioredis'

/** A Redis that owes an answer for so long is a black hole: the connection is made anew. */
const answerWithinMs = 1_000
const connectWithinMs = 2_000
const pingEveryMs = 1_000
const slowestRetryMs = 2_000

export type ConnectionEvents = {
  onReady(): void
  /** Also when it could not be made; `reason` has no secret in it. */
  onLost(reason: string): void
}

export type Connection = { redis: Redis; isReady(): boolean; close(): void }

/**
 * A connection that is kept up for ever. Guarantees: a command on it is sent now or fails now, nothing is queued while
 * it is away; it is known within two seconds that Redis is gone, also when it is silent.
 */
export function openConnection(url: string, { onReady, onLost }: ConnectionEvents): Connection {
  const redis = new Redis(url, {
    connectTimeout: connectWithinMs,
    socketTimeout: answerWithinMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // What is subscribed to is known where it is asked for.
    autoResubscribe: false,
    disableClientInfo: true,
    connectionName: 'stagewright',
    retryStrategy: (times) => Math.min(100 * 2 ** Math.min(times, 10), slowestRetryMs),
  })
  let reason = 'The connection was closed.'
  redis.on('ready', onReady)
  // The error itself may have a command with the password in it: only its words are taken.
  redis.on('error', (error: Error) => (reason = error.message || error.name))
  redis.on('close', () => onLost(reason))
  const isReady = (): boolean => redis.status === 'ready'
  const timer = setInterval(() => {
    if (isReady()) redis.ping().catch(() => {})
  }, pingEveryMs)
  timer.unref()
  return {
    redis,
    isReady,
    close() {
      clearInterval(timer)
      redis.removeAllListeners('close')
      redis.disconnect()
    },
  }
}
