import type { TaskView } from '@stagewright/api'
import type { FeedView } from '@stagewright/core'
import { abortWith, within } from './abortWith.ts'
import { decideDelay, pause } from './backOff.ts'
import type { Subject } from './connect.ts'
import { followView, type ViewOptions } from './followView.ts'
import { createLinks, type Api, type StudioOptions } from './links.ts'
import { isFinal, retryAfterMsOf } from './refusals.ts'

export type FollowOptions = Omit<ViewOptions, 'subject' | 'signals'> & {
  /** Ends the following quietly. */
  signal?: AbortSignal | undefined
}

export type Client = Api & {
  /**
   * What a task writes, folded: each view is the whole so far, the newest one there is. Comes back by itself after
   * whatever cuts it; returns after the task's end. Throws what will not change by asking again (a TRPCClientError
   * whose `data.appCode` says what).
   */
  follow(taskId: string, options?: FollowOptions): AsyncGenerator<FeedView, void>
  /** A project, or only the workspace when no project is named; ends with its signal. */
  followProject(projectId: string | undefined, options?: FollowOptions): AsyncGenerator<FeedView, void>
  /**
   * Waits for the task's end, however long it takes and whatever breaks meanwhile, and answers with the task. Throws
   * as `follow` does, and the signal's reason when that ends the waiting.
   */
  finished(taskId: string, options?: FollowOptions): Promise<TaskView>
  /** Ends all following of this client, quietly. */
  close(): void
}

const answerWithinMs = 25_000

/** A typed client of a Stagewright server, for Node 22 and later, Bun, Deno and browsers. */
export function createClient(options: StudioOptions): Client {
  const links = createLinks(options)
  const closing = new AbortController()
  const view = (subject: Subject, { signal, ...rest }: FollowOptions = {}): AsyncGenerator<FeedView, void> =>
    followView(links, options, { ...rest, subject, signals: [signal, closing.signal] })
  const follow: Client['follow'] = (taskId, given) => view({ type: 'task', taskId }, given)

  const finished: Client['finished'] = async (taskId, given = {}) => {
    const waiting = abortWith(given.signal, closing.signal)
    try {
      for (;;) {
        const task = await askUntilAnswered(
          (signal) => links.http.tasks.get.query({ taskId }, { signal }),
          waiting.signal,
        )
        if (task !== null && task.endedAt !== null) return task
        for await (const latest of follow(taskId, given)) if (latest.end !== null) break
        given.signal?.throwIfAborted()
        if (closing.signal.aborted) throw new Error(`The client was closed before task ${taskId} ended.`)
      }
    } finally {
      waiting.release()
    }
  }
  const added = {
    follow,
    followProject: (projectId: string | undefined, given?: FollowOptions) => view({ type: 'live', projectId }, given),
    finished,
    close: () => closing.abort(),
  }
  // tRPC's client is a proxy that answers any name: ours come first.
  return new Proxy(links.http, {
    get: (api, name, receiver): unknown =>
      Object.hasOwn(added, name) ? added[name as keyof typeof added] : Reflect.get(api, name, receiver),
  }) as unknown as Client
}

/** Asks until there is an answer or an error that is one; null when the signal ended it. */
async function askUntilAnswered<T>(ask: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T | null> {
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      return await within(answerWithinMs, signal, ask)
    } catch (error) {
      if (isFinal(error)) throw error
      await pause(retryAfterMsOf(error) ?? decideDelay(failures, Math.random()), signal)
    }
  }
  return null
}
