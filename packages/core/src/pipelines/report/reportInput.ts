import { z } from 'zod'
import type { ProjectInput } from '../../engine/definition.ts'
import { checkText, languageTag, parseWith, titleOfText } from '../projectText.ts'

/** The longest brief, in characters as a reader counts them (code points). */
export const briefLimit = 20_000

const reportInputSchema = z.object({ brief: z.string(), language: languageTag.optional() })

/** Checks { brief, language? }. Throws AppError 'input.invalid' or 'input.tooLong'. */
export function parseReportInput(input: unknown): ProjectInput {
  const { brief, ...rest } = parseWith(reportInputSchema, input)
  return { brief: checkText(brief, { field: 'brief', taker: 'a report', limit: briefLimit }), ...rest }
}

export function titleOfReport(input: ProjectInput): string {
  return titleOfText(briefOf(input))
}

export function briefOf(input: ProjectInput): string {
  return typeof input.brief === 'string' ? input.brief : ''
}
