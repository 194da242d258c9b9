/// <reference types="node" />
import { array, assert, boolean, integer, nat, property, record, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatCursor, parseCursor } from './cursor.ts'
import { createDoorbell } from './doorbell.ts'
import { frameMsOf } from './framePace.ts'
import { createNormaliser } from './normalise.ts'
import { keptLength } from './spans.ts'
import { shareRuns } from './shareRuns.ts'
import { TextPieces } from './textPieces.ts'

const anyText = string({ unit: 'binary' })

describe('the cursor', () => {
  it('reads what it wrote', () => {
    const number = nat(Number.MAX_SAFE_INTEGER)
    const cursor = record({
      eventSeq: number,
      revision: number,
      rewriteNo: integer({ min: 1 }),
      attempt: number,
      length: number,
    })
    assert(
      property(cursor, (given) => {
        expect(parseCursor(formatCursor(given))).toEqual(given)
      }),
    )
  })

  it('F16 is at most 24 bytes for a workspace of 60 million events', () => {
    const cursor = formatCursor({
      eventSeq: 60_000_000,
      revision: 1_000_000,
      rewriteNo: 1000,
      attempt: 30,
      length: 1_500_000,
    })
    expect(cursor.length).toBeLessThanOrEqual(24)
  })
})

describe('the normaliser', () => {
  it('F31 gives the same however the text is cut, storable and of the same length', () => {
    const halves = string({ unit: 'binary' }).map((text) => `${text}\0\ud83c`)
    assert(
      property(array(halves), nat(7), (parts, size) => {
        const text = parts.join('\udf0a')
        const normaliser = createNormaliser()
        let told = ''
        for (let at = 0; at < text.length; at += size + 1) {
          told += normaliser.push(text.slice(at, at + size + 1))
          expect(told.isWellFormed()).toBe(true)
        }
        told += normaliser.end() + normaliser.end()
        expect(told).toBe(text.replaceAll('\0', '\uFFFD').toWellFormed())
      }),
    )
  })

  it('F31 holds a high surrogate back until its other half comes', () => {
    const normaliser = createNormaliser()
    expect(normaliser.push('a\ud83c')).toBe('a')
    expect(normaliser.push('\udf0ab')).toBe('🌊b')
    expect(normaliser.push('\ud83c')).toBe('')
    expect(normaliser.end()).toBe('\uFFFD')
  })
})

describe('text in pieces', () => {
  it('is the text, whatever is appended, cut and read', () => {
    const change = record({
      text: anyText.map((text) => text.repeat(40)),
      cut: boolean(),
      at: nat(5000),
      to: nat(5000),
    })
    assert(
      property(array(change), (changes) => {
        const pieces = new TextPieces()
        let text = ''
        for (const { text: added, cut, at, to } of changes) {
          if (cut) pieces.cut(at)
          if (cut) text = text.slice(0, at)
          pieces.append(added)
          text += added
          expect(pieces.length).toBe(text.length)
          const read = pieces.read(at, to)
          const wanted = text.slice(at, Math.max(at, to))
          expect([wanted, wanted.slice(0, -1)]).toContain(read)
          expect(pieces.read(0, text.length)).toBe(text)
        }
      }),
    )
  })

  it('reads the end of a long text as fast as that of a short one', () => {
    const timeOf = (length: number): number => {
      const pieces = new TextPieces()
      while (pieces.length < length) pieces.append('some words ')
      const start = process.hrtime.bigint()
      for (let count = 0; count < 20_000; count += 1) {
        pieces.append('word ')
        pieces.read(pieces.length - 5, pieces.length)
      }
      return Number(process.hrtime.bigint() - start)
    }
    timeOf(1000)
    // At ten times what it should be: this asserts growth, not speed.
    expect(timeOf(5_000_000)).toBeLessThan(10 * timeOf(1000) + 50e6)
  })
})

describe('shared runs', () => {
  it('gives each caller a run that began after its call, and no more runs than that takes', async () => {
    const ends: (() => void)[] = []
    const run = shareRuns(() => new Promise((resolve) => ends.push(resolve)))
    const settled: string[] = []
    const call = (name: string) => void run().then(() => settled.push(name))
    call('first')
    call('second')
    call('third')
    expect(ends.length).toBe(1)
    ends[0]!()
    await new Promise((resolve) => setImmediate(resolve))
    expect(settled).toEqual(['first'])
    call('fourth')
    expect(ends.length).toBe(2)
    ends[1]!()
    await new Promise((resolve) => setImmediate(resolve))
    expect(settled).toEqual(['first', 'second', 'third'])
    expect(ends.length).toBe(3)
    ends[2]!()
    await new Promise((resolve) => setImmediate(resolve))
    expect(settled).toEqual(['first', 'second', 'third', 'fourth'])
  })

  it('runs again after a failure', async () => {
    let count = 0
    const run = shareRuns(async () => {
      count += 1
      if (count === 1) throw new Error('away')
    })
    const both = [run(), run()]
    await expect(both[0]).rejects.toThrow('away')
    await expect(both[1]).resolves.toBeUndefined()
    expect(count).toBe(2)
  })
})

describe('the doorbell', () => {
  it('rings who listens to the key, each as often as it listens, until it stops', () => {
    const bell = createDoorbell()
    const rung: string[] = []
    const listener = (): void => void rung.push('a')
    const stops = [
      bell.listen('project:a', listener),
      bell.listen('project:a', listener),
      bell.listen('project:b', () => rung.push('b')),
    ]
    bell.ring('project:a')
    bell.ring('rewrite:a')
    expect(rung).toEqual(['a', 'a'])
    stops[0]!()
    stops[0]!()
    bell.ring('project:a')
    expect(rung).toEqual(['a', 'a', 'a'])
    for (const stop of stops) stop()
    expect(bell.size()).toBe(0)
    bell.ring('project:b')
    expect(rung.length).toBe(3)
  })
})

it('paces frames by the delay of the event loop', () => {
  expect([0, 20, 30, 50, 1000].map(frameMsOf)).toEqual([16, 16, 56, 136, 250])
})

it('keeps of a text what no newer attempt has cut', () => {
  const spans = [
    { attempt: 1, from: 0 },
    { attempt: 2, from: 100 },
    { attempt: 5, from: 80 },
  ]
  expect(keptLength(spans, 1, 300)).toBe(80)
  expect(keptLength(spans, 2, 90)).toBe(80)
  expect(keptLength(spans, 2, 70)).toBe(70)
  expect(keptLength(spans, 5, 300)).toBe(300)
})
