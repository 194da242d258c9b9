import { readClockMs, type SentMark } from '../../apps/server/src/providers/testing/index.ts'
import type { Client, FeedView, FollowedEvent } from '@stagewright/client'

/** The events of one connection, in order. */
export type ConnectionRecord = FollowedEvent[]

/** A text as a viewer has it, with the hash it was told at its close. */
export type ShownText = { rewriteId: string; text: string; sha256: string | null }

/** All that one viewer of a task received, and what it showed at its end. */
export type ViewerRecord = {
  name: string
  taskId: string
  /** What came on each connection. */
  connections: ConnectionRecord[]
  texts: ShownText[]
}

export type WatchRecord = ViewerRecord & {
  /** What it shows now; null before anything. */
  view: FeedView | null
  /** How much of the text it was in it had, and when. */
  seen: SentMark[]
  /** Why it had to ask for something anew. */
  repairs: string[]
}

export type Watching = {
  record: WatchRecord
  /** Settles after the task's end, or after `stop`. */
  finished: Promise<void>
  /** Settles as soon as a view is so; throws when the following ends before. */
  until(isReached: (view: FeedView) => boolean): Promise<void>
  stop(): void
}

/** Follows a task with the client of the product, and writes down what comes. */
export function watchTask(client: Client, taskId: string, name: string): Watching {
  const record: WatchRecord = { name, taskId, connections: [], texts: [], view: null, seen: [], repairs: [] }
  const leaving = new AbortController()
  const lookers = new Set<() => void>()
  let current: ConnectionRecord | null = null
  const options = {
    signal: leaving.signal,
    onConnection: (state: string): void => {
      if (state !== 'connected') current = null
    },
    onEvent: (followed: FollowedEvent): void => {
      if (current === null) record.connections.push((current = []))
      current.push(followed)
    },
    onRepair: (reason: string): void => void record.repairs.push(reason),
  }
  const follow = async (): Promise<void> => {
    for await (const view of client.follow(taskId, options)) {
      record.view = view
      record.seen.push({ length: view.current?.text.length ?? 0, atMs: readClockMs() })
      for (const look of lookers) look()
    }
    record.texts = [...(record.view?.texts.values() ?? [])].map(({ rewriteId, text, closed }) => ({
      rewriteId,
      text,
      sha256: closed?.sha256 ?? null,
    }))
  }
  const finished = follow()
  // Whoever waits is told; nobody has to.
  finished.catch(() => undefined)
  const until = (isReached: (view: FeedView) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (record.view === null || !isReached(record.view)) return
        lookers.delete(look)
        resolve()
      }
      lookers.add(look)
      look()
      finished.then(
        () => reject(new Error(`Task ${taskId} ended before its viewer showed what was waited for.`)),
        reject,
      )
    })
  return { record, finished, until, stop: () => leaving.abort() }
}

/** How often the viewer was told to cut a text because another attempt goes on with it. */
export function countResets({ connections }: ViewerRecord): number {
  return connections.flat().filter(({ event }) => 'type' in event && event.type === 'reset').length
}
