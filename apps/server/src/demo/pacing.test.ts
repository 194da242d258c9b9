import { describe, expect, test } from 'vitest'
import { paceTokens, type Clock } from './pacing.ts'

/** A clock that is moved by waiting, and whose timers come late. */
function lateClock(lateMs: number): Clock & { waits: number } {
  let now = 1_000
  const clock = {
    waits: 0,
    nowMs: () => now,
    wait(ms: number) {
      clock.waits += 1
      now += ms + lateMs
      return Promise.resolve()
    },
  }
  return clock
}

const never = new AbortController().signal

async function record(count: number, tokensPerSecond: number, clock: Clock): Promise<{ atMs: number; due: number }[]> {
  const steps: { atMs: number; due: number }[] = []
  for await (const due of paceTokens(count, { tokensPerSecond, firstTokenMs: 250 }, { signal: never, clock })) {
    steps.push({ atMs: clock.nowMs() - 1_000, due })
  }
  return steps
}

describe('the pace', () => {
  test('first token after its delay, the others evenly after it', async () => {
    const steps = await record(4, 50, lateClock(0))
    expect(steps).toEqual([250, 270, 290, 310].map((atMs, index) => ({ atMs, due: index + 1 })))
  })

  test('does not drift: with every timer 9 ms late, 600 tokens at 60/s still take ten seconds', async () => {
    const steps = await record(600, 60, lateClock(9))
    const last = steps.at(-1)!
    expect(last.due).toBe(600)
    expect(last.atMs).toBeGreaterThanOrEqual(250 + (599 * 1000) / 60)
    expect(last.atMs).toBeLessThan(250 + (599 * 1000) / 60 + 20)
    for (const { atMs, due } of steps) expect(due).toBeLessThanOrEqual(((atMs - 250) * 60) / 1000 + 1)
  })

  test('timers later than a token make larger steps, not a slower text', async () => {
    const clock = lateClock(100)
    const steps = await record(100, 100, clock)
    expect(steps.length).toBeLessThan(12)
    expect(steps.at(-1)!.atMs).toBeLessThan(250 + 990 + 110)
  })

  test('without a limit everything is due at once', async () => {
    const clock = lateClock(0)
    expect(await record(1_000, Infinity, clock)).toEqual([{ atMs: 250, due: 1_000 }])
    expect(clock.waits).toBe(1)
  })

  test('ends when aborted, in the middle of a wait', async () => {
    const gone = new AbortController()
    const pace = paceTokens(10, { tokensPerSecond: 1, firstTokenMs: 0 }, { signal: gone.signal })
    expect(await pace.next()).toEqual({ done: false, value: 1 })
    const next = pace.next()
    gone.abort()
    expect(await next).toEqual({ done: true, value: undefined })
  })
})
