import { formatsOfStage as serverFormats, pipelines } from '@stagewright/core'
import { describe, expect, it } from 'vitest'
import { formatsOfStage } from '../../apps/web/src/components/stage/stageFormats.ts'
import { pipelineKinds, textKinds } from '../../apps/web/src/projects/pipelineKinds.ts'
import { en } from '../../apps/web/src/locales/en.ts'

/** Prompts and checks stay out of the studio's bundle, so it says again what it must know of each pipeline. */
describe('the studio knows', () => {
  it('PL17 every pipeline, its first stage, and how much text it takes', () => {
    expect(Object.keys(pipelineKinds)).toEqual(Object.keys(pipelines))
    for (const [key, kind] of Object.entries(pipelineKinds)) {
      const pipeline = pipelines[key as keyof typeof pipelineKinds]
      expect(pipeline.stages[0]!.key).toBe(kind.firstStage)
    }
    for (const [key, kind] of Object.entries(textKinds)) {
      const pipeline = pipelines[key as keyof typeof textKinds]
      const input = (length: number) => ({ [kind.inputField]: 'x'.repeat(length) })
      expect(pipeline.parseInput(input(kind.textLimit))).toMatchObject(input(kind.textLimit))
      expect(() => pipeline.parseInput(input(kind.textLimit + 1))).toThrow(
        expect.objectContaining({ code: 'input.tooLong' }),
      )
    }
  })

  const stages = Object.values(pipelines).flatMap((pipeline) => [...pipeline.stages])
  it.each(stages.map((stage) => [stage.key, stage] as const))('PL17 stage %s by name and forms', (key, stage) => {
    expect(Object.keys(en)).toContain(`stage.${key}`)
    expect([...formatsOfStage(key)].toSorted()).toEqual(serverFormats(stage).toSorted())
  })
})
