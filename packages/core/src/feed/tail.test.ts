import { describe, expect, it } from 'vitest'
import type { RewriteRecord } from '../records.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { decideText } from './resume.ts'
import { Tail } from './tail.ts'

const head = {
  id: 'r',
  projectId: 'p',
  no: 3,
  stageKey: 'rewrite',
  taskId: 't',
  attempt: 1,
  spans: [{ attempt: 1, from: 0 }],
}

function setUp() {
  const clock = createManualClock()
  const tail = new Tail(head, 'storage', { clock, frameMs: () => 16, isWatched: () => false, changed: () => undefined })
  const stored = (text: string, given: Partial<RewriteRecord> & { from?: number } = {}) => {
    const { from = 0, ...rewrite } = given
    return {
      from,
      text: text.slice(from),
      rewrite: { ...head, length: text.length, ending: null, sha256: null, ...rewrite } as RewriteRecord,
    }
  }
  const whole = (): string => tail.delta(0)[2]
  return { tail, stored, whole }
}

describe('a tail', () => {
  it('skips what it has and refuses what leaves a gap', () => {
    const { tail, whole } = setUp()
    expect(tail.append(0, 'abcdef')).toBe(true)
    expect(tail.append(2, 'cdefGH')).toBe(true)
    expect(tail.append(0, 'abc')).toBe(true)
    expect(whole()).toBe('abcdefGH')
    expect(tail.append(9, 'x')).toBe(false)
    expect(tail.length).toBe(8)
  })

  it('takes nothing of an older attempt, however late it comes', () => {
    const { tail, stored, whole } = setUp()
    tail.take(stored('abcdef'))
    tail.take(
      stored('abXY', {
        attempt: 2,
        spans: [
          { attempt: 1, from: 0 },
          { attempt: 2, from: 2 },
        ],
      }),
    )
    expect(tail.take(stored('abcdefgh', { from: 4 }))).toBe(true)
    tail.take(stored('abcdef', { ending: 'stopped', sha256: 'x' }))
    expect(whole()).toBe('abXY')
    expect(tail.closed).toBeNull()
  })

  it('forgets its frames with the text that a takeover voids', () => {
    const { tail, whole } = setUp()
    tail.append(0, 'abcdef')
    expect([whole(), tail.delta(2)[2], tail.open(2).text]).toEqual(['abcdef', 'cdef', 'cdef'])
    tail.takeOver({
      attempt: 2,
      spans: [
        { attempt: 1, from: 0 },
        { attempt: 2, from: 2 },
      ],
    })
    tail.append(2, 'XY')
    expect([whole(), tail.delta(2)[2], tail.open(2).text]).toEqual(['abXY', 'XY', 'XY'])
  })

  it('gives a viewer at the same place all there is, not a frame made earlier', () => {
    const { tail } = setUp()
    tail.append(0, 'abc')
    expect(tail.delta(1)).toEqual([3, 1, 'bc'])
    tail.append(3, 'def')
    expect(tail.delta(1)).toEqual([3, 1, 'bcdef'])
    expect(tail.delta(1)).toBe(tail.delta(1))
  })

  it('closes only with all of its text, and reads again what storage has less of', () => {
    const { tail, stored, whole } = setUp()
    tail.append(0, 'abcdef')
    expect(tail.close({ length: 7, sha256: 'x', ending: 'complete' })).toBe(false)
    const shorter = { ending: 'stopped' as const, sha256: 'y', length: 3 }
    expect(tail.take(stored('abc', { ...shorter, from: 3 }))).toBe(false)
    expect(tail.take(stored('abc', shorter))).toBe(true)
    expect(whole()).toBe('abc')
    expect(tail.closed).toMatchObject({ length: 3, sha256: 'y', ending: 'stopped' })
    expect(decideText({ rewriteNo: 3, attempt: 1, length: 6, isNamed: true }, tail)).toMatchObject({
      type: 'reset',
      keepUpTo: 0,
    })
  })

  it('asks storage when a viewer knows a newer attempt', () => {
    const { tail } = setUp()
    expect(decideText({ rewriteNo: 3, attempt: 2, length: 0, isNamed: false }, tail)).toBe('behind')
  })
})
