import { tracked } from '@trpc/server'
import { expect, it } from 'vitest'
import { createEventFrames } from './eventFrames.ts'

const setUp = () => {
  let encodings = 0
  const frames = createEventFrames((value) => {
    encodings += 1
    return value
  })
  const textOf = (item: unknown): string => Buffer.concat(frames.encode(item, null)).toString()
  return { frames, textOf, encodings: () => encodings }
}

it('F39 encodes an event once for all that are given it, and is the same buffer where the id is the same', () => {
  const { frames, encodings } = setUp()
  const [one, another] = [
    [1, 0, 'a'],
    [1, 1, 'b'],
  ]
  const first = frames.encode(tracked('x', one), null)
  expect(frames.encode(tracked('x', one), 'before')[0]).toBe(first[0])
  frames.encode(tracked('y', another), null)
  expect(frames.encode(tracked('x', one), null)[0]).toBe(first[0])
  expect(encodings()).toBe(2)
})

it('F39 gives each viewer its own id, also of a shared event', () => {
  const { textOf, encodings } = setUp()
  for (const event of [
    [1, 0, 'a'],
    [1, 0, 'a'.repeat(20_000)],
  ]) {
    for (const id of ['x', 'y', 'x'])
      expect(textOf(tracked(id, event))).toBe(`data: ${JSON.stringify(event)}\nid: ${id}\n\n\n`)
  }
  expect(encodings()).toBe(2)
})

it('does not copy a large event for the sake of an id', () => {
  const { frames } = setUp()
  const event = ['x'.repeat(100_000)]
  const [x, y] = [frames.encode(tracked('x', event), null), frames.encode(tracked('y', event), null)]
  expect(x[0]).toBe(y[0])
})

it('encodes what is no object each time it differs', () => {
  const { textOf } = setUp()
  expect([tracked('1', 'a'), tracked('1', 'b'), tracked('2', null), 'c'].map(textOf)).toEqual([
    'data: "a"\nid: 1\n\n\n',
    'data: "b"\nid: 1\n\n\n',
    'data: null\nid: 2\n\n\n',
    'data: "c"\n\n\n',
  ])
})
