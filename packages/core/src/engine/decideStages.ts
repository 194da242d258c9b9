import { AppError, type Failure } from '../errors.ts'
import type { PipelineDefinition } from './definition.ts'
import type { StageRecord } from '../records.ts'

/** A stage as the decision needs it. */
export type StageStanding = StageRecord & { outOfDate: boolean }

export { isOutOfDate } from '../outOfDate.ts'

/**
 * The stages a task will run, in the pipeline's order. `rest` is everything from the first stage that is not done or
 * out of date, without locked stages. Throws when a stage is unknown, locked, or would have nothing to start from.
 */
export function decideStages(
  pipeline: PipelineDefinition,
  standings: readonly StageStanding[],
  wanted: readonly string[] | 'rest',
  inputs: Readonly<Record<string, string>>,
): string[] {
  const byKey = new Map(standings.map((stage) => [stage.key, stage]))
  const order = pipeline.stages.map((stage) => stage.key)
  if (wanted.length === 0) throw new AppError('input.invalid', 'A task needs at least one stage.')
  const keys = wanted === 'rest' ? restOf(order, byKey) : chosen(pipeline.key, order, wanted)
  for (const key of Object.keys(inputs)) {
    if (keys.includes(key)) continue
    throw new AppError('input.invalid', `There is a text for stage ${key}, which this task does not run.`, {
      params: { stage: key },
    })
  }
  for (const key of keys) checkStage(key, { order, byKey, keys, inputs })
  return keys
}

function restOf(order: readonly string[], byKey: ReadonlyMap<string, StageStanding>): string[] {
  const first = order.findIndex((key) => {
    const stage = byKey.get(key)
    return stage !== undefined && !stage.locked && (stage.status !== 'done' || stage.outOfDate)
  })
  if (first === -1) throw new AppError('input.invalid', 'Every stage is done: there is nothing left to run.')
  return order.slice(first).filter((key) => byKey.get(key)?.locked === false)
}

function chosen(pipelineKey: string, order: readonly string[], wanted: readonly string[]): string[] {
  const unknown = wanted.find((key) => !order.includes(key))
  if (unknown !== undefined) {
    const message = `The ${pipelineKey} pipeline has no stage ${unknown}; it has ${order.join(', ')}.`
    throw new AppError('project.stageUnknown', message, { params: { stage: unknown } })
  }
  return order.filter((key) => wanted.includes(key))
}

/** What comes after a result that was below the threshold waits until that is run again, or accepted. */
function notAccepted(stage: string, { params }: Failure): AppError {
  const message = `The result of stage ${stage} is below its threshold. Run it again, or accept it.`
  return new AppError('quality.belowThreshold', message, { params: { ...params, stage } })
}

type Choice = {
  order: readonly string[]
  byKey: ReadonlyMap<string, StageStanding>
  keys: readonly string[]
  inputs: Readonly<Record<string, string>>
}

function checkStage(key: string, { order, byKey, keys, inputs }: Choice): void {
  if (byKey.get(key)?.locked) {
    throw new AppError('stage.locked', `Stage ${key} is locked. Unlock it to run it again.`, { params: { stage: key } })
  }
  const previous = order[order.indexOf(key) - 1]
  if (previous === undefined || inputs[key] !== undefined || keys.includes(previous)) return
  const standing = byKey.get(previous)
  if (standing?.failure?.code === 'quality.belowThreshold') throw notAccepted(previous, standing.failure)
  if (standing?.currentRewriteId != null) return
  const message = `Stage ${key} has nothing to start from: run ${previous} first, or give a text of your own for ${key}.`
  throw new AppError('stage.inputMissing', message, { params: { stage: key, previous } })
}
