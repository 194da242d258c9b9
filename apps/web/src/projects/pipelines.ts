import { inject, type InjectionKey } from 'vue'
import type { ExportFormat, PipelineView } from '../types.ts'

/** A pipeline in the language of the page, as the server told of it. */
export type PipelineKind = {
  key: string
  name: string
  lead: string
  create: string
  firstStage: string
  /** Null where a project is begun with something else than a text. `limit` in characters. */
  text: {
    field: string
    limit: number
    label: string
    placeholder: string
    blank: string
    samples: readonly { title: string; text: string }[]
  } | null
}

export type StageKind = {
  name: string
  hint: string | null
  formats: readonly ExportFormat[]
  previewFrom: number | null
}

export type Pipelines = {
  all: readonly PipelineKind[]
  find(key: unknown): PipelineKind | null
  /** Null for a stage the server did not tell of. */
  stage(key: string): StageKind | null
  /** A stage that is not known is called by its key. */
  nameStage(key: string): string
}

export function createPipelines(views: readonly PipelineView[], language: 'zh' | 'en'): Pipelines {
  const all = views.map((view): PipelineKind => {
    const { key, name, lead, create, text, stages } = view
    return {
      key,
      name: name[language],
      lead: lead[language],
      create: create[language],
      firstStage: stages[0]?.key ?? '',
      text: text && {
        field: text.field,
        limit: text.limit,
        label: text.label[language],
        placeholder: text.placeholder[language],
        blank: text.blank[language],
        samples: text.samples[language],
      },
    }
  })
  const stages = new Map(
    views.flatMap((view) =>
      view.stages.map(({ key, name, hint, formats, previewFrom }): [string, StageKind] => [
        key,
        { name: name[language], hint: hint?.[language] ?? null, formats, previewFrom },
      ]),
    ),
  )
  return {
    all,
    find: (key) => all.find((kind) => kind.key === key) ?? null,
    stage: (key) => stages.get(key) ?? null,
    nameStage: (key) => stages.get(key)?.name ?? key,
  }
}

export const pipelinesKey: InjectionKey<Pipelines> = Symbol('pipelines')

/** What the server told of its pipelines when the page was loaded. */
export function usePipelines(): Pipelines {
  return inject(pipelinesKey, none)
}

const none = createPipelines([], 'en')
