import { describe, expect, test } from 'vitest'
import { AppError } from '../errors.ts'
import { pipelineOf, pipelines } from './registry.ts'

test('PL1 every pipeline stands under its own key, and its stages have keys that no other stage has', () => {
  for (const [key, pipeline] of Object.entries(pipelines)) {
    expect(pipelineOf(key)).toBe(pipeline)
    expect(pipeline.key).toBe(key)
    expect(pipeline.stages.length).toBeGreaterThan(0)
  }
  const keys = Object.values(pipelines).flatMap(({ stages }) => stages.map((stage) => stage.key))
  expect(new Set(keys).size).toBe(keys.length)
})

describe.each(Object.values(pipelines))('people are told of $key', ({ words, stages }) => {
  test('PL17 by name in both languages, of each of its stages too', () => {
    expect(Object.keys(words.stages)).toEqual(stages.map(({ key }) => key))
    expect(JSON.stringify(words)).not.toContain('""')
    for (const { name, hint } of [...Object.values(words.stages), { name: words.name, hint: words.lead }]) {
      expect(name.zh + hint.zh).toMatch(/\p{sc=Han}/u)
      expect(name.en + hint.en).not.toMatch(/\p{sc=Han}/u)
    }
  })
})

const withText = Object.values(pipelines).flatMap((pipeline) => (pipeline.text === undefined ? [] : [pipeline]))

test.each(withText)(
  'PL17 $key says what text it begins with, how long that may be, and has some to try',
  (pipeline) => {
    const { field, limit } = pipeline.text!
    const read = (text: string): unknown => pipeline.parseInput({ [field]: text })
    expect(read('x'.repeat(limit))).toMatchObject({ [field]: 'x'.repeat(limit) })
    expect(() => read('x'.repeat(limit + 1))).toThrow(expect.objectContaining({ code: 'input.tooLong' }))
    for (const { text } of Object.values(pipeline.words.text!.samples).flat())
      expect(read(text)).toMatchObject({ [field]: text })
  },
)

test.each(['', 'nosuch', 'toString', '__proto__'])('%j is unknown', (key) => {
  expect(() => pipelineOf(key)).toThrow(
    expect.objectContaining({ name: AppError.prototype.constructor.name, code: 'project.pipelineUnknown' }),
  )
})
