import { expect, it } from 'vitest'
import { createTransportChoice } from './transportChoice.ts'

it('stays with the transport that is wanted, SSE when none is', () => {
  for (const [wanted, used] of [
    [undefined, 'sse'],
    ['webSocket', 'webSocket'],
    ['polling', 'polling'],
  ] as const) {
    const choice = createTransportChoice(wanted)
    for (let failures = 0; failures < 5; failures++) choice.failed()
    expect(choice.current()).toBe(used)
    expect(choice.hasNext()).toBe(false)
    expect(choice.better()).toEqual([])
  }
})

it('C11 goes on to the next after two failures in a row, and stays with the last', () => {
  const choice = createTransportChoice('auto')
  const used = Array.from({ length: 6 }, () => {
    choice.failed()
    return choice.current()
  })
  expect(used).toEqual(['sse', 'webSocket', 'webSocket', 'polling', 'polling', 'polling'])
  expect(choice.hasNext()).toBe(false)
})

it('forgets a failure when the transport delivers', () => {
  const choice = createTransportChoice('auto')
  choice.failed()
  choice.delivered()
  choice.failed()
  expect(choice.current()).toBe('sse')
})

it('names the better ones and goes back to one of them, which may fail twice again', () => {
  const choice = createTransportChoice('auto')
  for (let failures = 0; failures < 4; failures++) choice.failed()
  expect(choice.better()).toEqual(['sse', 'webSocket'])
  choice.goBackTo('webSocket')
  expect([choice.current(), choice.better(), choice.hasNext()]).toEqual(['webSocket', ['sse'], true])
  choice.failed()
  expect(choice.current()).toBe('webSocket')
  choice.failed()
  expect(choice.current()).toBe('polling')
})
