import { estimateTokens } from './estimateTokens.ts'
import type { Database } from '../ports.ts'
import { requireProject, type Actor } from './access.ts'
import type { CreateTaskRequest } from './createTask.ts'
import { readStandings } from './createTask.ts'
import { decideStages } from './decideStages.ts'
import type { EngineDeps } from './deps.ts'
import { previousStageKey, requirePipeline } from './pipelineParts.ts'

export type StageEstimate = { stage: string; promptTokens: number; completionTokens: number }

/** About what the task would use; tokens, estimated from the texts it would start from. Nothing is created. */
export async function estimateTask(
  deps: EngineDeps,
  actor: Actor,
  request: CreateTaskRequest,
): Promise<{ stages: StageEstimate[] }> {
  const project = await requireProject(deps.database, actor, request.projectId)
  const pipeline = requirePipeline(deps.pipelines, project.pipeline)
  const inputs = { ...request.input }
  const standings = await deps.database.transaction((tx) => readStandings(tx, project.id))
  const keys = decideStages(pipeline, standings, request.stages, inputs)
  const stages: StageEstimate[] = []
  let produced: number | null = null
  for (const key of keys) {
    const previousKey = previousStageKey(pipeline, key)
    const previousId = standings.find((stage) => stage.key === previousKey)?.currentRewriteId ?? null
    const own = inputs[key]
    const text =
      own ?? (previousKey === null ? pipeline.firstInput(project.input) : await textOf(deps.database, previousId))
    const inputTokens: number = own === undefined && produced !== null ? produced : estimateTokens(text)
    // Prompts of this length carry about 600 tokens of guidance; an answer is at least as long as a short story.
    const estimate = { stage: key, promptTokens: inputTokens + 600, completionTokens: Math.max(400, inputTokens) }
    produced = estimate.completionTokens
    stages.push(estimate)
  }
  return { stages }
}

async function textOf(database: Database, rewriteId: string | null): Promise<string> {
  if (rewriteId === null) return ''
  return (await database.storedTextFrom(rewriteId, 0))?.text ?? ''
}
