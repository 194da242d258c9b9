import { expect, test } from 'vitest'
import { decideFlat } from '../soak/decideFlat.ts'
import { held, type Held, type Sample } from '../soak/readSample.ts'

const hourMs = 3_600_000
const level = 500

/** An hour, a sample a minute; `what` is as `course` says at a minute, all else stays. */
function hour(what: Held, course: (minute: number) => number): Sample[] {
  return Array.from({ length: 60 }, (_, minute) => {
    const still = Object.fromEntries(held.map((each) => [each, level])) as Record<Held, number>
    return { ...still, [what]: course(minute), atMs: minute * 60_000 }
  })
}

test.each(held)('Q7 an hour in which %s grows steadily is not flat', (what) => {
  const courses = decideFlat(
    hour(what, (minute) => level + 5 * minute),
    hourMs,
  )
  expect(courses.filter(({ isFlat }) => !isFlat).map((course) => course.what)).toEqual([what])
})

test.each(held)('Q7 an hour in which %s grows for ten minutes and then breathes is', (what) => {
  const breathing = (minute: number): number => (minute < 10 ? 50 * minute : level + 10 * Math.sin(minute))
  expect(decideFlat(hour(what, breathing), hourMs).every(({ isFlat }) => isFlat)).toBe(true)
})
