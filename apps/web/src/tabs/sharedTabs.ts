import { watchTab, type TabVisibility } from './tabVisibility.ts'

/** What the tabs of a browser share things by. */
export type SharedTabs = { locks: LockManager; tab: TabVisibility; openChannel(name: string): BroadcastChannel }

/** Null where tabs cannot know of each other: outside secure contexts, and in old browsers. */
export function sharedTabs(): SharedTabs | null {
  const locks = navigator.locks as LockManager | undefined
  if (locks === undefined || !('BroadcastChannel' in globalThis)) return null
  return { locks, tab: watchTab(document), openChannel: (name) => new BroadcastChannel(name) }
}
