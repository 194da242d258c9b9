/**
 * Redis as a faster way between processes, for what the database has too or can be without.
 *
 * Guarantees: nothing here waits for Redis or throws because of it, at the start neither; what it holds while Redis is
 * away or silent is bounded; that it is away, and that it is back, is said once each.
 */
import type { TaskShelf } from '@stagewright/api'
import type { TextRelay } from '@stagewright/core'
import type { Logger } from '../log.ts'
import { openConnection } from './connection.ts'
import { channelOf, readPiece, writePiece } from './pieces.ts'
import { createSubscriptions } from './subscriptions.ts'
import { createTaskShelf } from './taskShelf.ts'

/** Unanswered messages after which more are dropped: a second of text of a few hundred tasks. */
const mostUnanswered = 5_000

export type OpenRedis = {
  relay: TextRelay
  shelf: TaskShelf
  /** Subscriptions and unanswered messages, for finding leaks. */
  sizes(): { channels: number; unanswered: number }
  isReady(): boolean
  close(): void
}

/** `version`: answers are shared with processes of the same one. */
export function openRedis({ url, version, log }: { url: string; version: string; log: Logger }): OpenRedis {
  const notice = createNotice(log)
  const sending = openConnection(url, notice.of('sending'))
  const hearing = openConnection(url, {
    onReady() {
      subscriptions.renew()
      hearingNotice.onReady()
    },
    onLost: (reason) => hearingNotice.onLost(reason),
  })
  const hearingNotice = notice.of('hearing')
  const subscriptions = createSubscriptions(hearing)
  let unanswered = 0
  const answered = (): void => void (unanswered -= 1)
  return {
    relay: {
      publish(source, piece) {
        if (!sending.isReady() || unanswered >= mostUnanswered) return
        unanswered += 1
        sending.redis.publish(channelOf(source), writePiece(piece)).then(answered, answered)
      },
      subscribe(source, listener) {
        return subscriptions.add(channelOf(source), (message) => {
          const piece = readPiece(message)
          if (piece !== null) listener(piece)
        })
      },
    },
    shelf: createTaskShelf(sending, version),
    sizes: () => ({ channels: subscriptions.size(), unanswered }),
    isReady: () => sending.isReady() && hearing.isReady(),
    close() {
      sending.close()
      hearing.close()
    },
  }
}

/** One line when the first connection is lost, one when the last one is back. */
function createNotice(log: Logger) {
  const away = new Set<string>()
  return {
    of: (name: string) => ({
      onReady() {
        if (away.delete(name) && away.size === 0) log.info('Redis is back: live text goes through it again.')
      },
      onLost(reason: string) {
        if (away.size === 0)
          log.warn({ reason }, 'Redis is away: live text reaches other processes through the database meanwhile.')
        away.add(name)
      },
    }),
  }
}
