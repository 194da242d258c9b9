import type { PipelineDefinition } from '../../engine/definition.ts'
import { camera } from './camera.ts'
import { rewrite } from './rewrite.ts'
import { storyboard } from './storyboard.ts'
import { parseStoryInput, textOfStory, titleOfStory, storyTextLimit } from './storyInput.ts'
import { words } from './words.ts'

/** A topic or an original text → finished prose → shots → camera moves. */
export const story = {
  key: 'story',
  words,
  text: { field: 'text', limit: storyTextLimit },
  parseInput: parseStoryInput,
  firstInput: textOfStory,
  titleOf: titleOfStory,
  stages: [rewrite, storyboard, camera],
} as const satisfies PipelineDefinition
