import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { ProjectInput } from '../../engine/definition.ts'

/** The longest topic or original text, in characters as a reader counts them (code points). */
export const storyTextLimit = 50_000

const storyInputSchema = z.object({
  text: z.string(),
  language: z
    .string()
    .max(35)
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as "zh" or "en-GB"')
    .optional(),
})

/**
 * Checks { text, language? }. What no database stores (NUL, halves of surrogate pairs) is taken out of the text.
 * Throws AppError 'input.invalid' (field, problem) or 'input.tooLong' (given, allowed, in characters).
 */
export function parseStoryInput(input: unknown): ProjectInput {
  const parsed = storyInputSchema.safeParse(input)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw invalid(issue?.path.join('.') || 'input', issue?.message ?? 'not as it should be')
  }
  const text = parsed.data.text.replaceAll('\0', '').toWellFormed()
  const given = countCodePoints(text)
  if (given > storyTextLimit) {
    const message = `The text has ${given} characters; a story takes at most ${storyTextLimit}.`
    throw new AppError('input.tooLong', message, { params: { field: 'text', given, allowed: storyTextLimit } })
  }
  if (isBlank(text)) throw invalid('text', 'must not be blank')
  return parsed.data.language === undefined ? { text } : { text, language: parsed.data.language }
}

/** A title for a story without one: its first line, cut where a list of projects would cut it. */
export function titleOfStory(input: ProjectInput): string {
  const line =
    textOfStory(input)
      .split('\n')
      .map(cleanLine)
      .find((candidate) => !isBlank(candidate)) ?? ''
  return cutToWidth(line, 60)
}

/** The text a story begins with. */
export function textOfStory(input: ProjectInput): string {
  return typeof input.text === 'string' ? input.text : ''
}

function cleanLine(line: string): string {
  return line
    .replace(/^[\s#>*\-–—]+/u, '')
    .replace(/\s+/gu, ' ')
    .trim()
}

/** `width` in Latin letters; a Chinese character takes two. Cuts between characters as a reader sees them. */
function cutToWidth(line: string, width: number): string {
  let used = 0
  let kept = ''
  // A line may be the whole of a long text without a break.
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(line.slice(0, 400))) {
    used += /[⺀-鿿가-힯豈-﫿＀-￯]/u.test(segment) ? 2 : 1
    if (used > width) return `${kept.trimEnd()}…`
    kept += segment
  }
  return kept
}

function isBlank(text: string): boolean {
  return /^[\s\p{Cf}\p{Cc}]*$/u.test(text)
}

/** Of a well-formed text: every pair of surrogates is one character. */
function countCodePoints(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff]/g)?.length ?? 0)
}

function invalid(field: string, problem: string): AppError {
  return new AppError('input.invalid', `${field}: ${problem}.`, { params: { field, problem } })
}
