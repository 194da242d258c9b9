/**
 * The feed of one process: what happens to a project (level state and live text) and to a workspace, followed from a
 * cursor. Three facts everything rests on: text is addressed by offset; state is level, not edge; the end is a fact in
 * storage. So a cursor stays good across processes, and losing anything here costs time, never text.
 */
import { AppError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Database } from '../ports/database.ts'
import { createDoorbell, type Doorbell } from './doorbell.ts'
import type { FeedOptions } from './options.ts'
import { followSteps, type FollowedEvent, type FollowSurroundings } from './follow.ts'
import { Hubs } from './hubs.ts'
import { joinProject, joinTask, type FollowProject, type FollowTask } from './joining.ts'
import type { FeedPublisher } from './producer.ts'
import type { TextRelay } from './textRelay.ts'

export type { FeedOptions } from './options.ts'

export interface Feed extends FeedPublisher {
  /** The one connection of a tab: a project's feed, a workspace's, or both. Ends only by its signal or an AppError. */
  followProject(options: FollowProject): AsyncGenerator<FollowedEvent, void>
  /** The project's feed seen by one task: all its texts from the cursor on; returns after `end`. */
  followTask(options: FollowTask): AsyncGenerator<FollowedEvent, void>
  /** The same events, up to the present. */
  pollProject(options: FollowProject): Promise<FollowedEvent[]>
  pollTask(options: FollowTask): Promise<FollowedEvent[]>
  /** The project's present revision, where this process knows it without asking storage; null elsewhere. */
  freshRevision(projectId: string): number | null
  /** How long an open text is by now, where it is written or followed here; null elsewhere. */
  liveLength(rewriteId: string, attempt: number): number | null
  /** Ends all followers with `server.busy`, told to come back at different times within `comeBackWithinMs`. */
  close(options?: { comeBackWithinMs?: number }): void
  /** What is held now, for figures and for finding leaks. */
  sizes(): FeedSizes
}

export type FeedSizes = { projects: number; workspaces: number; tails: number; followers: number; listeners: number }

export type FeedDeps = {
  database: Database
  clock: Clock
  doorbell?: Doorbell
  relay?: TextRelay | null
  options?: FeedOptions
}

/** The feed of this process. `doorbell` may be one that also rings between processes, `relay` what carries text there. */
export function createFeed({ database, clock, ...rest }: FeedDeps): Feed {
  const { doorbell = createDoorbell(), relay = null, options = {} } = rest
  const report = options.onError ?? (() => undefined)
  const hubs = new Hubs({ database, clock, doorbell, relay, report, options })
  let closing: { comeBackWithinMs: number } | null = null
  const around: FollowSurroundings = {
    clock,
    report,
    recheckMs: options.recheckMs ?? 4000,
    closing: () => closing && comeBack(closing.comeBackWithinMs),
  }
  const followProject = (wanted: FollowProject, once: boolean) =>
    followSteps((waker) => joinProject(hubs, wanted, waker), { ...wanted, once }, around)
  const followTask = (wanted: FollowTask, once: boolean) =>
    followSteps((waker) => joinTask(hubs, database, wanted, waker), { ...wanted, once }, around)

  return {
    startText: (rewrite, keptText) => hubs.tails.startText(rewrite, keptText),
    projectChanged: (projectId) => doorbell.ring(`project:${projectId}`),
    workspaceChanged: (workspaceId) => doorbell.ring(`workspace:${workspaceId}`),
    textStored: (rewriteIds) => rewriteIds.forEach((rewriteId) => doorbell.ring(`rewrite:${rewriteId}`)),
    followProject: (wanted) => followProject(wanted, false),
    followTask: (wanted) => followTask(wanted, false),
    pollProject: (wanted) => collect(followProject(wanted, true)),
    pollTask: (wanted) => collect(followTask(wanted, true)),
    freshRevision: (projectId) => hubs.freshRevision(projectId),
    liveLength(rewriteId, attempt) {
      const tail = hubs.tails.find(rewriteId)
      return tail?.closed === null && tail.attempt === attempt ? tail.length : null
    },
    close({ comeBackWithinMs = 0 } = {}) {
      closing ??= { comeBackWithinMs }
      hubs.close()
    },
    sizes: () => ({ ...hubs.sizes(), listeners: doorbell.size() }),
  }
}

/** Spread over time, so that a deploy is not followed by everybody at once. */
function comeBack(withinMs: number): AppError {
  const retryAfterMs = Math.round(Math.random() * withinMs)
  return new AppError('server.busy', 'The server is restarting. Follow again from your cursor.', {
    params: { retryAfterMs },
  })
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
