import { expect, it } from 'vitest'
import { createTurns } from './turns.ts'

const never = new AbortController().signal

it('T17 so many PDFs are read at once, the others in their order', async () => {
  const turns = createTurns(2)
  const taken: number[] = []
  const take = async (number: number) => {
    const giveBack = await turns.take(never)
    taken.push(number)
    return giveBack
  }
  const [first, second] = [await take(1), await take(2)]
  const [third, fourth] = [take(3), take(4)]
  await new Promise((resolve) => setImmediate(resolve))
  expect(taken).toEqual([1, 2])
  second()
  ;(await third)()
  await fourth
  expect(taken).toEqual([1, 2, 3, 4])
  first()
})

it('T17 who gives up waiting takes no turn from the others', async () => {
  const turns = createTurns(1)
  const giveBack = await turns.take(never)
  const leaving = new AbortController()
  const left = turns.take(leaving.signal)
  const next = turns.take(never)
  leaving.abort(new Error('gone'))
  await expect(left).rejects.toThrow('gone')
  giveBack()
  ;(await next)()
  await expect(turns.take(leaving.signal)).rejects.toThrow('gone')
  ;(await turns.take(never))()
})
