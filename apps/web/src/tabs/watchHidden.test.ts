// @vitest-environment node
import type { FollowedEvent } from '@stagewright/client'
import { afterEach, expect, it, vi } from 'vitest'
import { createTab } from './testing/sampleTab.ts'
import { watchHidden, type FollowWorkspace } from './watchHidden.ts'

type Follower = Parameters<FollowWorkspace>[0]

/** The followings of the workspace that are open now, of all tabs. */
const followers = new Set<Follower>()
const closing: AbortController[] = []

const follow: FollowWorkspace = (from) => {
  if (from.signal.aborted) return Promise.resolve()
  followers.add(from)
  return new Promise((resolve) =>
    from.signal.addEventListener('abort', () => {
      followers.delete(from)
      resolve()
    }),
  )
}

afterEach(async () => {
  for (const tab of closing.splice(0)) tab.abort()
  await vi.waitFor(async () => expect((await navigator.locks.query()).held).toEqual([]))
})

function openTab({
  isShown,
  userId = 'u',
  ownCursor = null as string | null,
  following = follow,
}: {
  isShown: boolean
  userId?: string
  ownCursor?: string | null
  following?: FollowWorkspace
}) {
  const tab = createTab(isShown)
  const open = new AbortController()
  closing.push(open)
  const heard: string[] = []
  const watching = watchHidden(
    { locks: navigator.locks, tab, openChannel: (name) => new BroadcastChannel(name) },
    {
      userId,
      signal: open.signal,
      onEnded: (taskIds) => void heard.push(...taskIds),
      follow: following,
      ownCursor: () => ownCursor,
    },
  )
  return { ...tab, heard, watching, close: () => open.abort() }
}

async function keeper(): Promise<Follower> {
  await vi.waitFor(() => expect(followers.size).toBe(1))
  return [...followers][0]!
}

function ended(cursor: string, ...ids: string[]): FollowedEvent {
  const task = { projectId: 'p', title: '', pipeline: 'story', currentStage: null, failure: null, startedAt: null }
  const times = { createdAt: '2026-01-01T00:00:00Z', endedAt: '2026-01-01T00:00:01Z' }
  const tasks = ids.map((id) => ({ ...task, ...times, id, status: 'completed' as const, removed: false }))
  return { cursor, event: { type: 'workspace', eventSeq: 1, tasks } }
}

it('B16 one hidden tab follows for all; each hidden tab hears of what ended, a shown one does not', async () => {
  const tabs = [openTab({ isShown: false }), openTab({ isShown: false }), openTab({ isShown: true })]
  const following = await keeper()
  following.onEvent(ended('c1', 't1', 't2'))
  await vi.waitFor(() => expect(tabs.map(({ heard }) => heard)).toEqual([['t1', 't2'], ['t1', 't2'], []]))
  expect(followers.size).toBe(1)
})

it('B16 hears of no task that goes on or was removed', async () => {
  const tab = openTab({ isShown: false })
  const { cursor, event } = ended('c1', 't1', 't2', 't3')
  if (!('type' in event) || event.type !== 'workspace') throw new Error('No event of the workspace.')
  const [running, removed, rest] = event.tasks
  const tasks = [{ ...running!, endedAt: null }, { ...removed!, removed: true }, rest!]
  ;(await keeper()).onEvent({ cursor, event: { ...event, tasks } })
  expect(tab.heard).toEqual(['t3'])
})

it('B16 begins where its own following stood', async () => {
  openTab({ isShown: false, ownCursor: 'mine' })
  expect((await keeper()).cursor).toBe('mine')
})

it.each(['shown', 'closed'] as const)('B16 the next hidden tab goes on where the keeper stood: %s', async (how) => {
  const first = openTab({ isShown: false })
  const before = await keeper()
  const second = openTab({ isShown: false, ownCursor: 'old' })
  before.onEvent(ended('c7', 't1'))
  await vi.waitFor(() => expect(second.heard).toEqual(['t1']))
  if (how === 'shown') first.show()
  else first.close()
  await vi.waitFor(() => expect(followers.has(before)).toBe(false))
  const after = await keeper()
  expect(after.cursor).toBe('c7')
  after.onEvent(ended('c8', 't2'))
  expect(second.heard).toEqual(['t1', 't2'])
})

it('B16 another user of the browser hears nothing', async () => {
  openTab({ isShown: false })
  const following = await keeper()
  const other = openTab({ isShown: false, userId: 'other' })
  await vi.waitFor(() => expect(followers.size).toBe(2))
  following.onEvent(ended('c1', 't1'))
  const sameUser = openTab({ isShown: false })
  following.onEvent(ended('c2', 't2'))
  await vi.waitFor(() => expect(sameUser.heard).toEqual(['t2']))
  expect(other.heard).toEqual([])
})

it('B16 a keeper that is refused asks again only after it was shown', async () => {
  let asked = 0
  const tab = openTab({ isShown: false, following: async () => void asked++ })
  await vi.waitFor(() => expect(asked).toBe(1))
  tab.show()
  await vi.waitFor(async () => expect((await navigator.locks.query()).held).toEqual([]))
  tab.hide()
  await vi.waitFor(() => expect(asked).toBe(2))
  tab.close()
  await tab.watching
})
