import { expect, it } from 'vitest'
import { createManualClock } from './manualClock.ts'

it('runs what falls due, in order of time, showing each its time', () => {
  const clock = createManualClock(100)
  const seen: [string, number][] = []
  const note = (name: string) => () => void seen.push([name, clock.now()])
  clock.after(20, note('second'))
  clock.after(10, () => {
    note('first')()
    clock.after(5, note('nested'))
    clock.after(0, note('at once'))
  })
  clock.after(20, note('third'))
  clock.after(31, note('later'))
  const takeBack = clock.after(15, note('never'))
  takeBack()
  clock.advance(30)
  expect(seen).toEqual([
    ['first', 110],
    ['at once', 110],
    ['nested', 115],
    ['second', 120],
    ['third', 120],
  ])
  expect([clock.now(), clock.pending()]).toEqual([130, 1])
  clock.advance(1)
  expect(seen.at(-1)).toEqual(['later', 131])
})
