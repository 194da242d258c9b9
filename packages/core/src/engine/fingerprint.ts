import type { Crypto } from '../ports/clock.ts'
import type { PipelineDefinition } from './definition.ts'
import type { StageRun } from './beginStage.ts'

/** Everything a stage's text is made from. */
export type Making = Pick<StageRun, 'stageKey' | 'input' | 'earlier' | 'presentText' | 'instructions'> & {
  project: Pick<StageRun['project'], 'pipeline' | 'input'>
  /** The one that all calls went to. */
  model: string
}

/** The same for the same making, in whatever project. */
export function fingerprintOf(crypto: Crypto, { fileOf }: PipelineDefinition, making: Making): string {
  const { project, stageKey, input, earlier, presentText, instructions, model } = making
  // A file is in the input that was read from it; uploaded again it has another id.
  const fileId = fileOf?.(project.input) ?? null
  const settings = Object.entries(project.input)
    .filter(([, value]) => fileId === null || value !== fileId)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
  return crypto.sha256(
    JSON.stringify([project.pipeline, stageKey, settings, input, earlier, presentText, instructions, model]),
  )
}
