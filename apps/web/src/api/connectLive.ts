import type { Client, FollowedEvent } from '@stagewright/client'
import { endedTasksOf } from '../tabs/endedTasks.ts'
import { permitWhileShown, shareTransports } from '../tabs/shareTransports.ts'
import type { SharedTabs } from '../tabs/sharedTabs.ts'
import { watchHidden, type FollowWorkspace } from '../tabs/watchHidden.ts'
import { comeBackHints } from './comeBackHints.ts'
import { toRequestFailure } from './requestFailures.ts'
import type { Connection, LiveApi } from './studio.ts'

type EndedListener = (taskIds: readonly string[]) => void

/** Live following in one of many tabs. Without `shared` each tab follows by itself, shown or hidden. */
export function connectLive(client: Client, shared: SharedTabs | null): LiveApi {
  const permit = shared === null ? undefined : shareTransports(shared.locks)
  const whileShown = shared === null || permit === undefined ? undefined : permitWhileShown(shared.tab, permit)
  const listeners = new Set<EndedListener>()
  let ownCursor: string | null = null
  const note = (followed: FollowedEvent): void => {
    ownCursor = followed.cursor
    if (document.hidden) for (const tell of listeners) tell(endedTasksOf(followed))
  }
  const followWorkspace: FollowWorkspace = async (from) => {
    const views = client.followProject(undefined, { ...from, permit, hurry: comeBackHints })
    // Refused: signed out meanwhile. The page finds that out by itself.
    for await (const view of quietly(views)) void view
  }
  return {
    followProject(projectId, { signal, onConnection }) {
      signal.addEventListener('abort', () => (ownCursor = null), { once: true })
      return followAsked(
        client.followProject(projectId, {
          signal,
          onConnection: (state) => onConnection(connections[state]),
          onEvent: note,
          hurry: comeBackHints,
          permit: whileShown,
        }),
      )
    },
    watchEnded({ userId, signal, onEnded }) {
      listeners.add(onEnded)
      signal.addEventListener('abort', () => listeners.delete(onEnded), { once: true })
      if (shared === null) return
      void watchHidden(shared, { userId, signal, onEnded, follow: followWorkspace, ownCursor: () => ownCursor })
    },
  }
}

const connections = { connecting: 'connecting', connected: 'live', away: 'lost' } as const satisfies Record<
  string,
  Connection
>

async function* followAsked<T>(views: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  try {
    yield* views
  } catch (error) {
    throw toRequestFailure(error)
  }
}

async function* quietly<T>(views: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  try {
    yield* views
  } catch {
    return
  }
}
