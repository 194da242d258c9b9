import { AppError } from '../errors.ts'
import type { PipelineDefinition, StageDefinition } from './definition.ts'

export function requirePipeline(
  pipelines: Readonly<Record<string, PipelineDefinition>>,
  key: string,
): PipelineDefinition {
  const pipeline = Object.hasOwn(pipelines, key) ? pipelines[key] : undefined
  if (pipeline !== undefined) return pipeline
  const message = `There is no pipeline ${key}; there is ${Object.keys(pipelines).join(', ')}.`
  throw new AppError('project.pipelineUnknown', message, { params: { pipeline: key } })
}

export function requireStage(pipeline: PipelineDefinition, key: string): StageDefinition {
  const stage = pipeline.stages.find((candidate) => candidate.key === key)
  if (stage !== undefined) return stage
  const message = `The ${pipeline.key} pipeline has no stage ${key}.`
  throw new AppError('project.stageUnknown', message, { params: { stage: key } })
}

/** The key of the stage before `key`, or null for the first one. */
export function previousStageKey(pipeline: PipelineDefinition, key: string): string | null {
  const index = pipeline.stages.findIndex((stage) => stage.key === key)
  return pipeline.stages[index - 1]?.key ?? null
}
