import { expect, test } from 'vitest'
import { AppError } from '../errors.ts'
import { pipelineOf, pipelines } from './registry.ts'

test('PL1 every pipeline stands under its own key and has stages with keys of their own', () => {
  for (const [key, pipeline] of Object.entries(pipelines)) {
    expect(pipelineOf(key)).toBe(pipeline)
    expect(pipeline.key).toBe(key)
    const stageKeys = pipeline.stages.map((stage) => stage.key)
    expect(new Set(stageKeys).size).toBe(stageKeys.length)
    expect(stageKeys.length).toBeGreaterThan(0)
  }
})

test.each(['', 'nosuch', 'toString', '__proto__'])('%j is unknown', (key) => {
  expect(() => pipelineOf(key)).toThrow(
    expect.objectContaining({ name: AppError.prototype.constructor.name, code: 'project.pipelineUnknown' }),
  )
})
