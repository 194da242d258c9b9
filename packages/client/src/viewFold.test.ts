import { createHash } from 'node:crypto'
import type { ClosedEvent, FeedEvent, OpenEvent } from '@stagewright/core'
import { expect, it } from 'vitest'
import { createViewFold } from './viewFold.ts'

const open = (text: string, from = 0): OpenEvent => ({
  type: 'open',
  rewriteNo: 1,
  rewriteId: 'r',
  stage: 'rewrite',
  attempt: 1,
  from,
  text,
  closed: null,
})
const closed = (text: string): ClosedEvent => {
  const sha256 = createHash('sha256').update(text).digest('hex')
  return { type: 'closed', rewriteNo: 1, attempt: 1, length: text.length, sha256, ending: 'complete' }
}

/** Takes events one after another; the cursor of each is its index. */
function start(): {
  take(event: FeedEvent): Promise<string>
  fold: ReturnType<typeof createViewFold>
  repairs: string[]
} {
  const repairs: string[] = []
  const fold = createViewFold((reason) => repairs.push(reason))
  let count = 0
  return { repairs, fold, take: (event) => fold.take({ cursor: String(count++), event }) }
}

it('folds, and stands where the last folded event stood', async () => {
  const { take, fold } = start()
  expect([await take(open('Once 字')), await take([1, 6, '🎬']), await take(closed('Once 字🎬'))]).toEqual([
    'goOn',
    'goOn',
    'goOn',
  ])
  expect([fold.view().current?.text, fold.cursor()]).toEqual(['Once 字🎬', '2'])
  const end: FeedEvent = {
    type: 'end',
    taskId: 't',
    status: 'completed',
    failure: null,
    rewrites: [],
    usage: { promptTokens: 1, completionTokens: 1, estimated: false },
  }
  expect(await take(end)).toBe('done')
})

it('asks again from where it stands when something is missing, and for everything when that is not enough', async () => {
  const { take, fold, repairs } = start()
  await take(open('abc'))
  expect(await take([1, 5, 'x'])).toBe('again')
  expect([fold.cursor(), fold.view().current?.text]).toEqual(['0', 'abc'])
  expect(await take([1, 3, 'd'])).toBe('goOn')
  expect(await take([1, 9, 'x'])).toBe('again')
  expect(fold.cursor()).toBe('2')
  expect(await take([1, 9, 'x'])).toBe('again')
  expect([fold.cursor(), fold.view().texts.size]).toEqual([null, 0])
  expect(repairs).toHaveLength(3)
})

it('never shows a finished text with a wrong hash before it asked for it anew, and asks once', async () => {
  const { take, fold, repairs } = start()
  await take(open('wrung'))
  expect(await take(closed('wrong'))).toBe('again')
  expect([fold.cursor(), fold.view().texts.size]).toEqual([null, 0])
  await take(open('wrung'))
  expect(await take(closed('wrong'))).toBe('goOn')
  expect([fold.view().current?.closed?.length, repairs.length]).toEqual([5, 2])
})

it('C10 checks a text that came whole in one event by its hash, too', async () => {
  const { take, repairs } = start()
  const whole = (text: string, hashed: string): FeedEvent => {
    const { length, sha256, ending } = closed(hashed)
    return { ...open(text), closed: { length, sha256, ending } }
  }
  expect(await take(whole('abc', 'abd'))).toBe('again')
  expect(repairs).toHaveLength(1)
  expect(await take(whole('abc', 'abc'))).toBe('goOn')
})
