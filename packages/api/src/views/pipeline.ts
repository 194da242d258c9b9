import { formatsOfStage, type PipelineDefinition } from '@stagewright/core'

/** A pipeline as clients see it before there is a project of it. */
export function viewPipeline({ key, words, text, stages }: PipelineDefinition) {
  const { name, lead, create } = words
  return {
    key,
    name,
    lead,
    create,
    /** Null where it begins with something else than a text. `limit` in characters (code points). */
    text: text === undefined || words.text === undefined ? null : { ...text, ...words.text },
    stages: stages.map((stage) => ({
      key: stage.key,
      name: words.stages[stage.key]?.name ?? { zh: stage.key, en: stage.key },
      hint: words.stages[stage.key]?.hint ?? null,
      /** What a version of it can be exported as. */
      formats: formatsOfStage(stage),
      /** From this length on its text can be looked at as a page; null where it can't, or only once it is whole. */
      previewFrom: stage.previewFrom ?? null,
    })),
  }
}

export type PipelineView = ReturnType<typeof viewPipeline>
