/**
 * A doorbell that also rings in every other process on the same PostgreSQL server, by NOTIFY.
 *
 * Guarantees: `ring` rings here at once, never waits and never throws. The other processes are told with at most one
 * notification a tick, on the connection that listens, so that it takes no place in the pool and no part in anybody's
 * transaction. What one process has sent it does not hear again. While the database is away, what waits to be sent stays
 * small, and is sent when it is back; whoever was cut off rings every bell then, for what it may have missed.
 */
import { randomBytes } from 'node:crypto'
import { createDoorbell, type Doorbell, type LocalDoorbell } from '@stagewright/core'
import type pg from 'pg'
import { ChannelListener } from '../channelListener.ts'
import type { DatabaseLogEntry } from '../openDatabase.ts'
import { RingPost } from './ringPost.ts'
import { readRings, writeRings } from './rings.ts'

export const bellChannel = 'stagewright_bells'

export type SharedDoorbellOptions = {
  poolConfig: pg.PoolConfig
  log?: (entry: DatabaseLogEntry) => void
}

export interface SharedDoorbell extends Doorbell {
  /** Begins to listen. A database that is away is no failure: it is tried again by itself. */
  start(): Promise<void>
  /** Sends what waits, and ends the connection. Idempotent. */
  stop(): Promise<void>
}

export function createSharedDoorbell({ poolConfig, log = () => {} }: SharedDoorbellOptions): SharedDoorbell {
  const local = createDoorbell()
  const sender = randomBytes(9).toString('base64url')
  const listener = new ChannelListener({
    poolConfig,
    channel: bellChannel,
    onNotified: (payload) => ringFrom(payload, local, sender),
    onListening() {
      local.ringAll()
      post.sendSoon()
    },
    onLost: (error) => log({ level: 'warn', message: 'The bell between processes lost its connection', error }),
  })
  const post = new RingPost({
    send: (rings) => listener.notify(writeRings(sender, rings)),
    canSend: () => listener.isListening,
  })
  let stopping: Promise<void> | undefined
  return {
    ring(key) {
      local.ring(key)
      post.add(key)
    },
    listen: local.listen,
    size: local.size,
    start: () => listener.start(),
    stop: () => (stopping ??= post.stop().then(() => listener.stop())),
  }
}

/** Rings here what another process has rung. */
function ringFrom(payload: string, local: LocalDoorbell, self: string): void {
  const { sender, keys, kinds } = readRings(payload)
  if (sender === self) return
  for (const key of keys) local.ring(key)
  for (const kind of kinds) local.ringAll(kind)
}
