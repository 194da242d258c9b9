/**
 * What happens in the workspace while this tab is hidden. One hidden tab of all keeps the workspace's feed and tells the
 * others. Guarantees: at most one tab of a user keeps it; each that is hidden hears of every task that ends from then
 * on, also where the keeper is shown or closed and another one takes over; a task may be told of twice.
 *
 * shown -> hidden (waiting for the lock, listening) -> keeper (following, telling) -> shown.
 */
import type { FollowedEvent } from '@stagewright/client'
import { endedTasksOf } from './endedTasks.ts'
import { holdLock } from './holdLock.ts'
import type { SharedTabs } from './sharedTabs.ts'
import { signalWhile, until } from './tabVisibility.ts'

/** What the keeper tells the others: where it stands, and what has ended. */
type Told = { cursor: string; ended: string[] }

/** Follows the workspace from a cursor until the signal; settles with it, or when following has become impossible. */
export type FollowWorkspace = (from: {
  cursor: string | null
  signal: AbortSignal
  onEvent(followed: FollowedEvent): void
}) => Promise<void>

export type HiddenWatch = {
  /** Of one user: another one of the same browser must not hear of it. */
  userId: string
  signal: AbortSignal
  onEnded(taskIds: readonly string[]): void
  follow: FollowWorkspace
  /** Where this tab's own following stands, if it has one: nothing before that is news. */
  ownCursor(): string | null
}

export async function watchHidden(shared: SharedTabs, watch: HiddenWatch): Promise<void> {
  const { tab } = shared
  const name = `stagewright.workspace.${watch.userId}`
  const channel = shared.openChannel(name)
  let heard: string | null = null
  channel.addEventListener('message', ({ data }: MessageEvent<Told>) => {
    if (tab.isShown()) return
    heard = data.cursor
    watch.onEnded(data.ended)
  })
  while (!watch.signal.aborted) {
    await until('hidden', tab, watch.signal)
    const hidden = signalWhile('hidden', tab, watch.signal)
    const release = await holdLock(shared.locks, name, { signal: hidden })
    if (release !== null) {
      await keep({ ...watch, signal: hidden }, heard ?? watch.ownCursor(), channel)
      release()
    }
    // A keeper that cannot follow (signed out) keeps nothing until it has been shown again.
    await until('shown', tab, watch.signal)
    heard = null
  }
  channel.close()
}

async function keep(watch: HiddenWatch, cursor: string | null, channel: BroadcastChannel): Promise<void> {
  await watch.follow({
    cursor,
    signal: watch.signal,
    onEvent(followed) {
      const ended = endedTasksOf(followed)
      channel.postMessage({ cursor: followed.cursor, ended } satisfies Told)
      watch.onEnded(ended)
    },
  })
}
