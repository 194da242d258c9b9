import { z } from 'zod'
import type { ProjectInput } from '../../engine/definition.ts'
import { checkText, languageTag, parseWith, titleOfText } from '../projectText.ts'

/** The longest requirement, in characters as a reader counts them (code points). */
export const requirementLimit = 5_000
const defaultThreshold = 70

const codeInputSchema = z.object({
  requirement: z.string(),
  packageName: z
    .string()
    .max(64)
    .regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be lower-case letters, digits, dots, hyphens and underscores')
    .default('app'),
  qualityThreshold: z.number().int('must be a whole number').min(0).max(100).default(defaultThreshold),
  skipValidation: z.boolean().default(false),
  preview: z.boolean().default(true),
  language: languageTag.optional(),
})

export type CodeInput = z.infer<typeof codeInputSchema>

/**
 * Checks { requirement, packageName?, qualityThreshold?, skipValidation?, preview?, language? }. Throws AppError
 * 'input.invalid' or 'input.tooLong'.
 */
export function parseCodeInput(input: unknown): ProjectInput {
  const { requirement, ...rest } = parseWith(codeInputSchema, input)
  const rule = { field: 'requirement', taker: 'a requirement', limit: requirementLimit }
  return { requirement: checkText(requirement, rule), ...rest }
}

/** The input of a project as its creation left it; what is missing in it is as if it had not been given. */
export function readCodeInput(input: ProjectInput): CodeInput {
  const parsed = codeInputSchema.safeParse(input)
  return parsed.success ? parsed.data : codeInputSchema.parse({ requirement: requirementOf(input) })
}

export function titleOfCode(input: ProjectInput): string {
  return titleOfText(requirementOf(input))
}

export function requirementOf(input: ProjectInput): string {
  return typeof input.requirement === 'string' ? input.requirement : ''
}
