import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createFramePublisher } from './framePublisher.ts'

beforeEach(
  () =>
    void vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'requestAnimationFrame', 'cancelAnimationFrame', 'performance'],
    }),
)
afterEach(() => void vi.useRealTimers())

it('publishes the newest value once a frame', () => {
  const seen: string[] = []
  const publisher = createFramePublisher(
    (value: string) => seen.push(value),
    (value) => value.length,
  )
  publisher.offer('a')
  publisher.offer('ab')
  publisher.offer('abc')
  expect(seen).toEqual([])
  vi.advanceTimersToNextFrame()
  publisher.offer('abcd')
  vi.advanceTimersToNextFrame()
  expect(seen).toEqual(['abc', 'abcd'])
})

it('slows down for a very long text', () => {
  const seen: number[] = []
  const publisher = createFramePublisher(
    (value: number) => seen.push(value),
    () => 100_000,
  )
  for (let step = 0; step < 100; step++) {
    publisher.offer(step)
    vi.advanceTimersByTime(10)
  }
  expect(seen.length).toBeGreaterThanOrEqual(10)
  expect(seen.length).toBeLessThanOrEqual(14)
})

it('publishes nothing after it was stopped', () => {
  const seen: string[] = []
  const publisher = createFramePublisher(
    (value: string) => seen.push(value),
    (value) => value.length,
  )
  publisher.offer('a')
  publisher.stop()
  vi.advanceTimersByTime(100)
  expect(seen).toEqual([])
})
