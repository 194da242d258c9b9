/// <reference types="node" />
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { FeedEvent, OpenEvent } from './events.ts'
import { emptyView, foldEvent, isGap, verifyText, type FeedView } from './fold.ts'

const opened = (given: Partial<OpenEvent> = {}): OpenEvent => {
  return {
    type: 'open',
    rewriteNo: 2,
    rewriteId: 'r2',
    stage: 'rewrite',
    attempt: 1,
    from: 0,
    text: 'abc',
    closed: null,
    ...given,
  }
}

/** The view after all events, or the index of the one that is a gap. */
function fold(...events: FeedEvent[]): FeedView | number {
  let view = emptyView
  for (const [index, event] of events.entries()) {
    const folded = foldEvent(view, event)
    if (isGap(folded)) return index
    view = folded
  }
  return view
}

const textAfter = (...events: FeedEvent[]): string | number | undefined => {
  const folded = fold(...events)
  return typeof folded === 'number' ? folded : folded.texts.get(2)?.text
}

const reset = (attempt: number, keepUpTo: number) =>
  ({ type: 'reset', rewriteNo: 2, attempt, keepUpTo, reason: 'takenOver' }) as const

describe('the rule for a delta', () => {
  it('F28 appends at the end, skips what is there, and calls the rest a gap', () => {
    expect(textAfter(opened(), [2, 3, 'def'])).toBe('abcdef')
    expect(textAfter(opened(), [2, 3, 'def'], [2, 3, 'def'])).toBe('abcdef')
    expect(textAfter(opened(), [2, 1, 'bcdef'])).toBe('abcdef')
    expect(textAfter(opened(), [2, 4, 'e'])).toBe(1)
    expect(textAfter([2, 0, 'a'])).toBe(0)
  })

  it('F29 cuts at a reset and drops what a lower attempt says', () => {
    expect(textAfter(opened(), reset(2, 1), [2, 1, 'X'])).toBe('aX')
    expect(textAfter(opened(), reset(2, 4))).toBe(1)
    expect(textAfter(opened(), reset(2, 1), opened({ attempt: 1, text: 'abcd' }), [2, 4, 'e'])).toBe('a')
    expect(textAfter(opened(), reset(2, 1), reset(1, 0), [2, 0, 'old'])).toBe('a')
    expect(textAfter(opened(), reset(2, 1), opened({ attempt: 1 }), reset(2, 1), [2, 1, 'Y'])).toBe('aY')
  })

  it('goes on where an open says, and calls a higher attempt without its reset a gap', () => {
    expect(textAfter(opened(), opened({ from: 3, text: 'd' }))).toBe('abcd')
    expect(textAfter(opened(), opened({ from: 2, text: 'cd' }))).toBe('abcd')
    expect(textAfter(opened(), opened({ from: 4, text: 'e' }))).toBe(1)
    expect(textAfter(opened(), opened({ attempt: 2, from: 3, text: 'd' }))).toBe(1)
    expect(textAfter(opened(), opened({ attempt: 2, from: 0, text: 'new' }))).toBe('new')
    expect(textAfter(opened({ from: 3 }))).toBe(0)
    expect(textAfter(opened(), opened({ rewriteId: 'another', from: 3, text: 'd' }))).toBe(1)
  })
})

describe('the end of a text', () => {
  const closed = { type: 'closed', rewriteNo: 2, rewriteId: 'r2', attempt: 1, length: 3, ending: 'complete' } as const
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  const check = async (hash: string): Promise<boolean> => {
    const view = fold(opened(), { ...closed, sha256: hash })
    return verifyText((view as FeedView).texts.get(2)!, async (text) => sha256(text))
  }

  it('F30 is checked by length always, by hash where asked', async () => {
    expect(fold(opened(), { ...closed, sha256: '', length: 4 })).toBe(1)
    expect(fold(opened(), { ...closed, sha256: '', attempt: 2 })).toBe(1)
    expect(fold({ ...closed, sha256: '' })).toBe(0)
    expect(await check(sha256('abc'))).toBe(true)
    expect(await check(sha256('abd'))).toBe(false)
  })

  it('F40 comes with its open where the text is whole with it, and counts like an event of its own', () => {
    const whole = (given: object) => opened({ closed: { length: 3, sha256: 'h', ending: 'complete', ...given } })
    expect((fold(whole({})) as FeedView).texts.get(2)).toMatchObject({
      text: 'abc',
      closed: { length: 3, sha256: 'h' },
    })
    expect(fold(whole({ length: 4 }))).toBe(0)
    const older = fold(opened({ attempt: 2 }), whole({})) as FeedView
    expect(older.texts.get(2)).toMatchObject({ attempt: 2, closed: null })
  })
})

it('keeps the newest state, the end, and the last of each task', () => {
  const state = (revision: number, title: string): FeedEvent => ({
    type: 'state',
    revision,
    state: { title, pipeline: 'story', stages: [], tasks: [] },
  })
  const folded = fold(state(3, 'new'), state(2, 'old')) as FeedView
  expect([folded.revision, folded.state?.title]).toEqual([3, 'new'])
  const task = {
    id: 't',
    projectId: 'p',
    title: '',
    pipeline: 'story',
    currentStage: null,
    failure: null,
    removed: false,
    createdAt: '',
    startedAt: null,
    endedAt: null,
  }
  const workspace = (eventSeq: number, status: 'queued' | 'running'): FeedEvent => ({
    type: 'workspace',
    eventSeq,
    tasks: [{ ...task, status }],
  })
  const tasks = fold(workspace(5, 'running'), workspace(4, 'queued')) as FeedView
  expect([tasks.eventSeq, tasks.tasks.get('t')?.status]).toEqual([5, 'running'])
})

it('folds a text of 5 MB in the time of its events', () => {
  let view = fold(opened({ text: '' })) as FeedView
  const start = performance.now()
  for (let offset = 0; offset < 5_000_000; offset += 50) view = foldEvent(view, [2, offset, 'x'.repeat(50)]) as FeedView
  expect(view.texts.get(2)?.text.length).toBe(5_000_000)
  // 100,000 events: copying the text for each would take minutes.
  expect(performance.now() - start).toBeLessThan(5000)
})
