// What checks is checked here: with a guard of the program taken away, or a fact of a run changed by a hair, the checker
// must say so, and of the same run untouched it must say nothing.
import { DatabaseUnavailable, type Database, type Tx } from '@stagewright/core'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Run } from '../support/check/run.ts'
import { checkRun } from '../support/checkRun.ts'
import { playTakeover, takeEndForSuccess, type Fault } from '../support/memoryRun.ts'
import { sha256 } from '../support/check/texts.ts'

describe('N8 a takeover with a late write', () => {
  test('is found to be right when nothing is missing', async () => {
    expect(checkRun(await playTakeover())).toEqual([])
    expect(checkRun(await playTakeover({ fromStorage: true }))).toEqual([])
    expect(checkRun(await playTakeover({ database: withLostAnswers }))).toEqual([])
  })

  const faults: [name: string, fault: Fault, sign: RegExp][] = [
    ['without the fence', { database: withoutFence }, /^I2 .* what was not sent|^I2 .* is not what was sent/],
    ['without the de-duplication of writes', { database: withoutDeduplication }, /^I2 .* is not what was sent/],
    ['with a wrong hash', { database: withWrongHash }, /^I2 the hash/],
    [
      'with an offset off by one',
      { database: withOffsetOffByOne, fromStorage: true },
      /^I3 .* shows another text|^I3 .* never saw/,
    ],
    [
      'with an end of file taken for success',
      { provider: takeEndForSuccess, isCutOff: true },
      /^I2 .* the provider never finished/,
    ],
  ]
  test.each(faults)('%s is found to be wrong', async (_name, fault, sign) => {
    expect(checkRun(await playTakeover(fault))).toContainEqual(expect.stringMatching(sign))
  })
})

/** Whoever writes is taken for the owner of the row, wherever the text stands. */
function withoutFence(database: Database): Partial<Database> {
  return {
    async appendChunks(writes) {
      const moved = writes.map(async (write) => {
        const rewrite = (await database.storedTextFrom(write.rewriteId, 0))!.rewrite
        return { ...write, attempt: rewrite.attempt, offset: rewrite.length }
      })
      return database.appendChunks(await Promise.all(moved))
    },
    transaction: (work) => database.transaction((tx) => work({ ...tx, closeRewrite: closeUnfenced(tx) })),
  }
}

function closeUnfenced(tx: Tx): Tx['closeRewrite'] {
  return async (rewriteId, _fence, closing) => {
    const { attempt, length } = (await tx.rewrite(rewriteId))!
    const text = (await tx.storedText(rewriteId))!
    return tx.closeRewrite(rewriteId, { attempt, length }, { ...closing, text, sha256: sha256(text) })
  }
}

/** Every second write is made, and its writer told that the database is away: it writes the same again. */
function withLostAnswers(database: Pick<Database, 'appendChunks'>): Pick<Database, 'appendChunks'> {
  let writes = 0
  return {
    async appendChunks(chunks) {
      const written = await database.appendChunks(chunks)
      if (writes++ % 2 === 1) throw new DatabaseUnavailable('The answer was lost.')
      return written
    },
  }
}

/** What is written again is not told by its offset from what is new. The fence stays. */
function withoutDeduplication(database: Database): Partial<Database> {
  const append: Database['appendChunks'] = async (writes) => {
    const moved = writes.map(async (write) => {
      const { length } = (await database.storedTextFrom(write.rewriteId, 0))!.rewrite
      return { ...write, offset: length }
    })
    return database.appendChunks(await Promise.all(moved))
  }
  return {
    ...withLostAnswers({ appendChunks: append }),
    transaction: (work) => database.transaction((tx) => work({ ...tx, closeRewrite: closeUnfenced(tx) })),
  }
}

function withWrongHash(database: Database): Partial<Database> {
  const closeWrongly = (tx: Tx): Tx['closeRewrite'] => {
    return (rewriteId, fence, closing) =>
      tx.closeRewrite(rewriteId, fence, { ...closing, sha256: sha256(`${closing.text} `) })
  }
  return { transaction: (work) => database.transaction((tx) => work({ ...tx, closeRewrite: closeWrongly(tx) })) }
}

function withOffsetOffByOne(database: Database): Partial<Database> {
  return {
    async storedTextFrom(rewriteId, from) {
      const stored = await database.storedTextFrom(rewriteId, from)
      return stored === null || from === 0 ? stored : { ...stored, text: stored.text.slice(1) }
    },
  }
}

describe('N8 of a run that was right', () => {
  let right: Run
  beforeAll(async () => {
    right = await playTakeover()
  })

  const changes: [invariant: string, what: string, change: (run: Run) => void][] = [
    ['I1', 'a task that has not ended', ({ rows }) => (rows.tasks[0]!.status = 'running')],
    ['I1', 'a task that two attempts ended', ({ rows }) => (rows.attempts[0]!.outcome = 'completed')],
    ['I1', 'a text that is still open', ({ rows }) => (rows.rewrites[0]!.ending = null)],
    ['I1', 'a viewer without an end', ({ viewers }) => void viewers[0]!.connections[0]!.pop()],
    [
      'I1',
      'a viewer with two ends',
      ({ viewers }) => void viewers[0]!.connections.push([viewers[0]!.connections[0]!.at(-1)!]),
    ],
    [
      'I2',
      'a letter that was not sent',
      ({ rows }) => (rows.rewrites[0]!.text = `${rows.rewrites[0]!.text!.slice(0, -1)}!`),
    ],
    ['I2', 'a letter too few', ({ rows }) => (rows.rewrites[0]!.text = rows.rewrites[0]!.text!.slice(0, -1))],
    ['I2', 'a span of another attempt', ({ rows }) => (rows.rewrites[0]!.spans[0]!.attempt = 1)],
    ['I2', 'a request that no call says', ({ rows }) => void rows.calls.splice(0)],
    ['I3', 'a viewer with another text', ({ viewers }) => (viewers[0]!.texts[0]!.text += ' ')],
    ['I3', 'a viewer with another hash', ({ viewers }) => (viewers[0]!.texts[0]!.sha256 = sha256(''))],
    ['I3', 'a viewer without the text', ({ viewers }) => void viewers[0]!.texts.pop()],
    ['I3', 'a delta that never came', ({ viewers }) => void viewers[0]!.connections[0]!.splice(firstDelta(viewers), 1)],
    [
      'I3',
      'a delta that came twice',
      ({ viewers }) =>
        void viewers[0]!.connections[0]!.splice(
          firstDelta(viewers),
          0,
          viewers[0]!.connections[0]![firstDelta(viewers)]!,
        ),
    ],
    ['I3', 'a text that was opened again from before where it stood', ({ viewers }) => openAgain(viewers[0]!)],
    ['I5', 'an acknowledged task that is gone', ({ taskIds }) => void (taskIds as string[]).push('gone')],
    [
      'I6',
      'a socket that stays open',
      ({ requests, rows }) => (requests[0]!.closedAtMs = rows.tasks[0]!.endedAt!.getTime() + 2_500),
    ],
    [
      'I7',
      'a chunk of an older attempt',
      ({ rows }) =>
        void rows.chunks.push({ rewriteId: rows.rewrites[0]!.id, offset: 3, attempt: 1, length: 1, text: 'x' }),
    ],
    [
      'I7',
      'an attempt that ended after the next began',
      ({ rows }) => (rows.attempts[0]!.endedAt = new Date(rows.attempts[1]!.startedAt.getTime() + 10)),
    ],
    [
      'I9',
      'a secret in the log',
      (run) => Object.assign(run, { secrets: { 'a key': 'planted-key' }, log: '{"level":30,"msg":"planted-key"}' }),
    ],
    [
      'I9',
      'a secret in the rows, in base64',
      ({ rows, ...run }) =>
        Object.assign(rows, { dump: btoa('planted-key!') }) && Object.assign(run.secrets, { 'a key': 'planted-key!' }),
    ],
    ['I10', 'a rejection that nobody handled', (run) => Object.assign(run, { log: 'Error: nobody\n    at handled' })],
    [
      'I10',
      'a fault of the server',
      (run) => Object.assign(run, { log: '{"level":50,"msg":"A procedure failed by a fault of ours."}' }),
    ],
  ]
  test.each(changes)('%s is broken by %s', (invariant, _what, change) => {
    const changed = structuredClone(right)
    change(changed)
    expect(checkRun(changed)).toContainEqual(expect.stringMatching(new RegExp(`^${invariant} `)))
  })
})

function firstDelta(viewers: Run['viewers']): number {
  return viewers[0]!.connections[0]!.findIndex(({ event }) => Array.isArray(event))
}

/** The text is opened anew from before where it stands, and the old goes on. */
function openAgain({ connections }: Run['viewers'][number]): void {
  const [first] = connections
  const open = first!.find(({ event }) => 'type' in event && event.type === 'open')!
  const last = first!.findLastIndex(({ event }) => Array.isArray(event))
  first!.splice(last, 0, structuredClone(open))
}
