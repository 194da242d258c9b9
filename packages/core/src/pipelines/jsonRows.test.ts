import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createRowReader, readRows, type Row } from './jsonRows.ts'
import { shotSchema } from './story/storyboard.ts'

const schema = z.object({ n: z.number(), text: z.string() })

/** An answer as models send it: mark, talk with braces, fence, escapes, quotes, brackets in strings, more after it. */
const recorded =
  '\uFEFFHere is {the} list "shots": as asked.\n```json\n{ "title" : "a \\"shots\\": [1] b",\n  "shots" : [\r\n' +
  '    {"number":1,"visual":"远景：渡口 {雾} [灯]","narration":"他说：\\"走吧\\"。\\\\","seconds":4},\n' +
  '    {"number":2,"visual":"a \\u007b brace ] and } \\" {","narration":"","seconds":"5 s","extra":{"deep":[1,{"x":"]"}]}},\n' +
  '    {"number":3,"visual":"🐉 and 龙","narration":"end","seconds":6.5}\n  ],\n  "note":"{[\\"" }\n```\nThat is all: {"shots":[]}'

function rowsOf(text: string): readonly Row<z.infer<typeof shotSchema>>[] {
  return readRows(text, 'shots', shotSchema).rows
}

describe('a recorded answer', () => {
  test('gives its rows with their places', () => {
    const view = readRows(recorded, 'shots', shotSchema)
    expect(view.complete).toBe(true)
    expect(view.pending).toBeNull()
    expect(view.rows.map((row) => row.ok && row.row)).toEqual([
      { number: 1, visual: '远景：渡口 {雾} [灯]', narration: '他说："走吧"。\\', seconds: 4 },
      { number: 2, visual: 'a { brace ] and } " {', narration: '', seconds: 5 },
      { number: 3, visual: '🐉 and 龙', narration: 'end', seconds: 6.5 },
    ])
    for (const row of view.rows) {
      expect(recorded[row.start]).toBe('{')
      expect(recorded[row.end - 1]).toBe('}')
      expect(() => JSON.parse(recorded.slice(row.start, row.end)) as unknown).not.toThrow()
    }
  })

  test('PL7 cut at every character: each row is there from the character that closes it, and never changes', () => {
    const all = rowsOf(recorded)
    const reader = createRowReader('shots', shotSchema)
    for (let cut = 0; cut <= recorded.length; cut++) {
      const text = recorded.slice(0, cut)
      const expected = all.filter((row) => row.end <= cut)
      const grown = reader.read(text)
      expect(grown).toEqual(readRows(text, 'shots', shotSchema))
      expect(grown.rows).toEqual(expected)
      const coming = all.find((row) => row.start < cut && cut < row.end)
      expect(grown.pending).toBe(coming === undefined ? null : recorded.slice(coming.start, cut))
    }
  })

  test('rows keep their identity while more come', () => {
    const reader = createRowReader('shots', shotSchema)
    const first = reader.read(recorded.slice(0, rowsOf(recorded)[0]!.end)).rows
    expect(reader.read(recorded.slice(0, rowsOf(recorded)[0]!.end + 3)).rows).toBe(first)
    expect(reader.read(recorded).rows[0]).toBe(first[0])
  })
})

describe('a broken answer', () => {
  test('PL9 a row that does not fit says where and keeps its text', () => {
    const text =
      '{"shots":[{"number":1,"visual":"a","narration":"b","seconds":"soon"},{"number":2,"visual":"a","narration":"b","seconds":3}]}'
    const rows = rowsOf(text)
    expect(rows[0]).toMatchObject({
      ok: false,
      field: 'seconds',
      raw: text.slice(10, rows[0]!.end),
      problem: 'must be a number of seconds',
    })
    expect(rows[1]).toMatchObject({ ok: true })
  })

  test('rows that are no objects and rows that are no JSON are given as they are', () => {
    const view = readRows('{"k":[1, "a ] b", {n:1}, [2], {"n":1,"text":"x"}]}', 'k', schema)
    expect(view.rows.map((row) => (row.ok ? row.row : row.raw))).toEqual([
      '1',
      '"a ] b"',
      '{n:1}',
      '[2]',
      { n: 1, text: 'x' },
    ])
    expect(view.complete).toBe(true)
  })

  test.each(['I answer with "k": [...] as told.\n', '""k": [] or "k"k":\n[1, 2] ""', '"k" "k": ["a"]'])(
    'a list that is only talked about is passed over: %j',
    (talk) => {
      const text = `${talk}{"k":[{"n":1,"text":"x"}]}`
      const reader = createRowReader('k', schema)
      for (let cut = 0; cut < text.length; cut++) reader.read(text.slice(0, cut))
      expect(reader.read(text)).toMatchObject({ complete: true, rows: [{ ok: true, row: { n: 1 } }] })
      expect(readRows(text, 'k', schema)).toEqual(reader.read(text))
    },
  )

  test('a stray quote before the key does not hide it', () => {
    expect(readRows('""k":[{"n":1,"text":"x"}]', 'k', schema).rows).toHaveLength(1)
  })

  test('a text that was replaced is read from its start', () => {
    const reader = createRowReader('k', schema)
    reader.read('{"k":[{"n":1,"text":"one"},{"n":2,"text":"two"}')
    expect(reader.read('{"k":[{"n":7,"text":"new"}').rows.map((row) => row.ok && row.row.n)).toEqual([7])
    expect(reader.read('{"k":[{"n":8,"text":"a longer text than before"},{"n":9,"text":""}]}').rows).toHaveLength(2)
  })
})

const json = fc.json({ depthSize: 'small' })
/** Pieces that are, nearly are, or break the form. */
const talk = fc.oneof(
  fc.string({ unit: 'binary' }),
  json,
  fc.constantFrom(
    '"k"',
    '"k":',
    '"k" : [',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    '\\',
    '{"n":1,"text":"a"}',
    '{"n":2,"text":"\\\\" }"}',
    '```json\n',
    '\uFEFF',
  ),
)

test('PL8 never throws, and reading in pieces gives what reading at once gives, whatever the text', () => {
  fc.assert(
    fc.property(fc.array(talk, { maxLength: 12 }), fc.array(fc.nat(8), { maxLength: 60 }), (pieces, steps) => {
      const text = pieces.join('')
      const reader = createRowReader('k', schema)
      let at = 0
      for (const step of steps) reader.read(text.slice(0, (at += step)))
      expect(reader.read(text)).toEqual(readRows(text, 'k', schema))
    }),
    { numRuns: 2_000 },
  )
})

test('any rows come back as JSON.parse gives them, at every cut a prefix of them', () => {
  const rows = fc.array(fc.record({ n: fc.integer(), text: fc.string({ unit: 'binary' }) }), { maxLength: 5 })
  fc.assert(
    fc.property(rows, fc.constantFrom(0, 1, 2), (list, indent) => {
      const text = JSON.stringify({ k: list }, null, indent)
      const reader = createRowReader('k', schema)
      for (let cut = 0; cut <= text.length; cut++) {
        const seen = reader.read(text.slice(0, cut)).rows.map((row) => row.ok && row.row)
        expect(seen).toEqual(list.slice(0, seen.length))
      }
      expect(reader.read(text)).toMatchObject({ complete: true, pending: null, rows: { length: list.length } })
    }),
    { numRuns: 200 },
  )
})

test('a megabyte read ten thousand times while it grows takes no longer than a moment', () => {
  const text = `{"k":[${Array.from({ length: 9_000 }, (_, n) => JSON.stringify({ n, text: 'x'.repeat(90) })).join(',')}]}`
  const reader = createRowReader('k', schema)
  const startedAt = Date.now()
  for (let frame = 1; frame <= 10_000; frame++) reader.read(text.slice(0, Math.floor((text.length * frame) / 10_000)))
  const elapsedMs = Date.now() - startedAt
  expect(reader.read(text).rows).toHaveLength(9_000)
  // Reading all of it anew each time would look at 5 × 10⁹ characters: tens of seconds.
  expect(elapsedMs).toBeLessThan(5_000)
})
