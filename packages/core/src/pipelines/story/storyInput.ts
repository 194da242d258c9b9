import { z } from 'zod'
import type { ProjectInput } from '../../engine/definition.ts'
import { checkText, languageTag, parseWith, titleOfText } from '../projectText.ts'

/** The longest topic or original text, in characters as a reader counts them (code points). */
export const storyTextLimit = 50_000

const storyInputSchema = z.object({ text: z.string(), language: languageTag.optional() })

/** Checks { text, language? }. Throws AppError 'input.invalid' or 'input.tooLong'. */
export function parseStoryInput(input: unknown): ProjectInput {
  const { text, ...rest } = parseWith(storyInputSchema, input)
  return { text: checkText(text, { field: 'text', taker: 'a story', limit: storyTextLimit }), ...rest }
}

export function titleOfStory(input: ProjectInput): string {
  return titleOfText(textOfStory(input))
}

/** The text a story begins with. */
export function textOfStory(input: ProjectInput): string {
  return typeof input.text === 'string' ? input.text : ''
}
