// @vitest-environment node
import { afterEach, expect, it, vi } from 'vitest'
import type { Permit } from '@stagewright/client'
import { permitWhileShown, shareTransports } from './shareTransports.ts'
import { createTab } from './testing/sampleTab.ts'

const { locks } = navigator
const open: AbortController[] = []
const heldLocks = async (): Promise<number> => (await locks.query()).held?.length ?? 0

afterEach(async () => {
  for (const tab of open.splice(0)) tab.abort()
  await vi.waitFor(async () => expect(await heldLocks()).toBe(0))
})

function openTab(): AbortController {
  const tab = new AbortController()
  open.push(tab)
  return tab
}

const hasStream = ({ transports }: Permit): boolean => transports.includes('sse')

it('B17 gives three tabs of all an event stream, and the others what needs none', async () => {
  const permits = await Promise.all(Array.from({ length: 10 }, () => shareTransports(locks)(openTab().signal)))
  expect(permits.filter(hasStream)).toHaveLength(3)
  expect(new Set(permits.filter((permit) => !hasStream(permit)).map(({ transports }) => transports.join()))).toEqual(
    new Set(['webSocket,polling']),
  )
})

it('B17 gives the event stream of a tab that leaves to the next one', async () => {
  const tabs = Array.from({ length: 3 }, openTab)
  for (const { signal } of tabs) expect(hasStream(await shareTransports(locks)(signal))).toBe(true)
  expect(hasStream(await shareTransports(locks)(openTab().signal))).toBe(false)
  tabs[1]?.abort()
  await vi.waitFor(async () => expect(await heldLocks()).toBe(2))
  expect(hasStream(await shareTransports(locks)(openTab().signal))).toBe(true)
})

it('B17 keeps no lock for a tab that is gone before it has one', async () => {
  const gone = AbortSignal.abort()
  expect((await shareTransports(locks)(gone)).signal.aborted).toBe(true)
  await vi.waitFor(async () => expect(await heldLocks()).toBe(0))
})

it('B15 permits nothing to a hidden tab, and takes the permit of a tab that hides', async () => {
  const tab = createTab(false)
  const permitted: Permit[] = []
  const ask = permitWhileShown(tab, shareTransports(locks))
  const asking = ask(openTab().signal).then((permit) => permitted.push(permit))
  // Long enough for a lock to be given: none is asked for.
  await locks.request('a turn of the lock manager', () => undefined)
  expect([permitted.length, await heldLocks()]).toEqual([0, 0])
  tab.show()
  await asking
  expect(permitted.map(({ signal }) => signal.aborted)).toEqual([false])
  tab.hide()
  expect(permitted.map(({ signal }) => signal.aborted)).toEqual([true])
  await vi.waitFor(async () => expect(await heldLocks()).toBe(0))
})

it('B15 lets go of a hidden tab that is closed', async () => {
  const following = openTab()
  const asking = permitWhileShown(createTab(false), shareTransports(locks))(following.signal)
  following.abort()
  expect((await asking).signal.aborted).toBe(true)
})
