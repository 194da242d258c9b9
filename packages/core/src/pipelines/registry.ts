import { AppError } from '../errors.ts'
import type { PipelineDefinition } from '../engine/definition.ts'
import { code } from './code/code.ts'
import { document } from './document/document.ts'
import { report } from './report/report.ts'
import { story } from './story/story.ts'

const registered = { story, report, code, document } as const satisfies Record<string, PipelineDefinition>

export type PipelineKey = keyof typeof registered

/** Every pipeline by its key: a new one is a folder and a line above. */
export const pipelines: Readonly<Record<PipelineKey, PipelineDefinition>> = registered

/** Whether a key names a pipeline. */
export function isPipelineKey(key: string): key is PipelineKey {
  return Object.hasOwn(pipelines, key)
}

/** The pipeline of a key. Throws AppError 'project.pipelineUnknown' (pipeline, known). */
export function pipelineOf(key: string): PipelineDefinition {
  if (isPipelineKey(key)) return pipelines[key]
  const known = Object.keys(pipelines).join(', ')
  throw new AppError('project.pipelineUnknown', `There is no pipeline "${key}"; there are: ${known}.`, {
    params: { pipeline: key, known },
  })
}
