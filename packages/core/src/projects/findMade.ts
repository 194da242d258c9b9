import { requireProject, type Actor } from '../engine/access.ts'
import { fingerprintOf } from '../engine/fingerprint.ts'
import { previousStageKey, requirePipeline, requireStage } from '../engine/pipelineParts.ts'
import type { MadeText } from '../ports.ts'
import type { ProjectDeps, StageName } from './deps.ts'

/**
 * A text that a plain run of the stage would only make again: from the same input, with the same settings, by the same
 * model (null: the one that would be asked). Null when there is none, or it is what the stage has already.
 */
export async function findMade(
  { database, crypto, pipelines, defaultModel }: ProjectDeps,
  actor: Actor,
  { projectId, stage: key, model: wished }: StageName & { model: string | null },
): Promise<MadeText | null> {
  const project = await requireProject(database, actor, projectId)
  const pipeline = requirePipeline(pipelines, project.pipeline)
  const definition = requireStage(pipeline, key)
  const look = await database.projectLook(projectId)
  const model = wished ?? (await defaultModel())
  if (look === null || model === null) return null
  const currentOf = (stageKey: string) => look.stages.find((stage) => stage.key === stageKey)?.currentRewriteId ?? null
  const textOf = async (stageKey: string): Promise<string | null> => {
    const id = currentOf(stageKey)
    return id === null ? null : ((await database.storedTextFrom(id, 0))?.text ?? null)
  }
  const previous = previousStageKey(pipeline, key)
  const input = previous === null ? pipeline.firstInput(project.input) : await textOf(previous)
  if (input === null) return null
  const earlier: Record<string, string> = {}
  for (const stageKey of definition.reads ?? []) {
    const text = await textOf(stageKey)
    if (text === null) return null
    earlier[stageKey] = text
  }
  const plain = { presentText: null, instructions: [] }
  const fingerprint = fingerprintOf(crypto, pipeline, { project, stageKey: key, input, earlier, ...plain, model })
  const made = await database.madeText(project.workspaceId, fingerprint)
  const current = look.rewrites.find(({ id }) => id === currentOf(key))
  return made === null || made.rewrite.sha256 === current?.sha256 ? null : made
}
