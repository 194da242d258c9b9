import { z } from 'zod'
import type { ProjectInput } from '../../engine/definition.ts'
import { languageTag, parseWith } from '../projectText.ts'

/** The most terms a glossary may have. */
export const glossaryLimit = 500

const term = z.string().trim().min(1, 'must not be blank').max(200)

const documentInputSchema = z.object({
  fileId: z.uuid('must be the id of an uploaded file'),
  /** Left out, the translator tells it from the text. */
  from: languageTag.optional(),
  to: languageTag,
  glossary: z
    .array(z.object({ term, translation: term }))
    .max(glossaryLimit, `must have at most ${glossaryLimit} terms`)
    .optional(),
})

export type Term = { term: string; translation: string }
export type DocumentInput = { fileId: string; from: string | null; to: string; glossary: readonly Term[] }

/** Checks { fileId, from?, to, glossary? }. Throws AppError 'input.invalid' (field, problem). */
export function parseDocumentInput(input: unknown): ProjectInput {
  return parseWith(documentInputSchema, input)
}

/** The input as {@link parseDocumentInput} left it. */
export function documentOf(input: ProjectInput): DocumentInput {
  const { fileId, from, to, glossary } = documentInputSchema.parse(input)
  return { fileId, from: from ?? null, to, glossary: glossary ?? [] }
}
