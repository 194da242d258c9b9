import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { abortWith, within } from './abortWith.ts'
import { decideDelay, pause } from './backOff.ts'

describe('the delay before coming back', () => {
  it('C7 is from 100 ms to 5 s, whatever happened', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        expect(decideDelay(failures, random)).toBeGreaterThanOrEqual(100)
        expect(decideDelay(failures, random)).toBeLessThanOrEqual(5_000)
      }),
    )
  })

  it('C7 grows with the failures and spreads those who fail together', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 60].map((failures) => decideDelay(failures, 0))).toEqual([
      100, 200, 400, 800, 1_600, 2_500, 2_500, 2_500,
    ])
    expect([1, 6].map((failures) => decideDelay(failures, 0.999))).toEqual([200, 4_998])
  })
})

describe('a pause', () => {
  it('ends with its time, and leaves nothing behind', async () => {
    const { signal } = new AbortController()
    const removed = vi.spyOn(signal, 'removeEventListener')
    await pause(1, signal)
    expect(removed).toHaveBeenCalledOnce()
  })

  it('ends with its signal, also with one that is aborted already', async () => {
    const controller = new AbortController()
    const waiting = pause(3_600_000, controller.signal)
    controller.abort()
    await expect(waiting).resolves.toBeUndefined()
    await expect(pause(3_600_000, controller.signal)).resolves.toBeUndefined()
  })
})

describe('linked signals', () => {
  it('follow each of the others until they are released', () => {
    const [one, other] = [new AbortController(), new AbortController()]
    const linked = abortWith(one.signal, undefined, other.signal)
    const released = abortWith(one.signal, other.signal)
    released.release()
    other.abort()
    expect([linked.signal.aborted, released.signal.aborted, one.signal.aborted]).toEqual([true, false, false])
    expect(abortWith(other.signal).signal.aborted).toBe(true)
  })

  it('end what takes too long', async () => {
    const untilAborted = (signal: AbortSignal) =>
      new Promise<string>((resolve) => signal.addEventListener('abort', () => resolve('aborted')))
    expect(await within(1, new AbortController().signal, untilAborted)).toBe('aborted')
    expect(await within(1_000, new AbortController().signal, async () => 'in time')).toBe('in time')
  })
})
