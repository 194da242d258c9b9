import { expect, it } from 'vitest'
import type { TransportMemory } from './links.ts'
import { allTransports, createTransportChoice } from './transportChoice.ts'

/** Failures that are far enough apart to be two. */
let nowMs = 0
const later = (): number => (nowMs += 10_000)

it('stays with the transport that is wanted, SSE when none is', () => {
  for (const [wanted, used] of [
    [undefined, 'sse'],
    ['webSocket', 'webSocket'],
    ['polling', 'polling'],
  ] as const) {
    const choice = createTransportChoice(wanted)
    for (let failures = 0; failures < 5; failures++) choice.failed(later())
    expect(choice.current()).toBe(used)
    expect(choice.hasNext()).toBe(false)
    expect(choice.better()).toEqual([])
  }
})

it('C11 goes on to the next after two failures in a row, and stays with the last', () => {
  const choice = createTransportChoice('auto')
  const used = Array.from({ length: 6 }, () => {
    choice.failed(later())
    return choice.current()
  })
  expect(used).toEqual(['sse', 'webSocket', 'webSocket', 'polling', 'polling', 'polling'])
  expect(choice.hasNext()).toBe(false)
})

it('forgets a failure when the transport delivers', () => {
  const choice = createTransportChoice('auto')
  choice.failed(later())
  choice.delivered()
  choice.failed(later())
  expect(choice.current()).toBe('sse')
})

it('names the better ones and goes back to one of them, which may fail twice again', () => {
  const choice = createTransportChoice('auto')
  for (let failures = 0; failures < 4; failures++) choice.failed(later())
  expect(choice.better()).toEqual(['sse', 'webSocket'])
  choice.goBackTo('webSocket')
  expect([choice.current(), choice.better(), choice.hasNext()]).toEqual(['webSocket', ['sse'], true])
  choice.failed(later())
  expect(choice.current()).toBe('webSocket')
  choice.failed(later())
  expect(choice.current()).toBe('polling')
})

it('C19 takes the refusals of a moment for one failure, of a transport that has come through before', () => {
  const choice = createTransportChoice('auto')
  choice.failed(0)
  expect(choice.failed(1)).toBe(true)
  expect(choice.current()).toBe('webSocket')
  choice.delivered()
  for (let ms = 0; ms < 2_900; ms += 100) expect(choice.failed(10_000 + ms)).toBe(false)
  expect(choice.current()).toBe('webSocket')
  expect(choice.failed(13_000)).toBe(true)
  expect(choice.current()).toBe('polling')
})

it('C23 uses what is permitted, and knows again what it had come to when more is', () => {
  const choice = createTransportChoice('auto')
  choice.permit(['webSocket', 'polling'])
  expect([choice.current(), choice.better(), choice.hasNext()]).toEqual(['webSocket', [], true])
  choice.permit(['sse', 'webSocket', 'polling'])
  expect([choice.current(), choice.better()]).toEqual(['sse', []])
  for (let failures = 0; failures < 2; failures++) choice.failed(later())
  expect([choice.current(), choice.better()]).toEqual(['webSocket', ['sse']])
  choice.permit(['webSocket', 'polling'])
  choice.goBackTo('sse')
  expect(choice.current()).toBe('webSocket')
  choice.permit(['polling'])
  expect([choice.current(), choice.hasNext()]).toEqual(['polling', false])
})

it('C24 begins with what it came down to before, and keeps what came through, not what alone was permitted', () => {
  let kept: string | null = null
  const memory: TransportMemory = { read: () => kept, write: (transport) => void (kept = transport) }
  const first = createTransportChoice('auto', memory)
  for (let failures = 0; failures < 2; failures++) first.failed(later())
  expect(kept).toBe(null)
  first.delivered()
  expect(kept).toBe('webSocket')

  const second = createTransportChoice('auto', memory)
  expect([second.current(), second.better(), second.hasNext()]).toEqual(['webSocket', ['sse'], true])
  second.permit(['polling'])
  second.delivered()
  expect(kept).toBe('webSocket')
  second.permit(allTransports)
  second.goBackTo('sse')
  second.delivered()
  expect(kept).toBe('sse')

  kept = 'pigeon'
  expect(createTransportChoice('auto', memory).current()).toBe('sse')
  kept = 'polling'
  expect(createTransportChoice('sse', memory).current()).toBe('sse')
})

it('C19 what failed while the server went down does not count against what fails once it is back', () => {
  const choice = createTransportChoice('auto')
  choice.delivered()
  choice.failed(later())
  choice.serverWasAway()
  expect(choice.failed(later())).toBe(false)
  expect(choice.current()).toBe('sse')
  expect(choice.failed(later())).toBe(true)
})
