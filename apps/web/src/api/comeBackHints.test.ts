import { expect, it } from 'vitest'
import { comeBackHints } from './comeBackHints.ts'

const never = new AbortController().signal

it.each([
  ['the network is back', 'network', () => window.dispatchEvent(new Event('online'))],
  ['the page was kept aside', 'network', () => window.dispatchEvent(pageShow(true))],
  ['the page is there', 'shown', () => window.dispatchEvent(pageShow(false))],
  ['the tab is shown', 'shown', () => document.dispatchEvent(new Event('visibilitychange'))],
] as const)('B18 tells when %s', async (_what, hint, happen) => {
  const told = comeBackHints(never)
  happen()
  expect(await told).toBe(hint)
})

it('B18 tells nothing once it is not listened to', async () => {
  const leaving = new AbortController()
  let told = 0
  void comeBackHints(leaving.signal).then(() => told++)
  leaving.abort()
  window.dispatchEvent(new Event('online'))
  const other = comeBackHints(never)
  window.dispatchEvent(new Event('online'))
  await other
  expect(told).toBe(0)
})

function pageShow(persisted: boolean): Event {
  return Object.assign(new Event('pageshow'), { persisted })
}
