/** The text a project begins with, whatever its pipeline calls it: checked when the project is created, and its title. */
import { z } from 'zod'
import { AppError } from '../errors.ts'

/** A BCP 47 tag as far as anybody writes one. */
export const languageTag = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'must be a language tag such as "zh" or "en-GB"')

/** What the schema makes of `input`. Throws AppError 'input.invalid' (field, problem). */
export function parseWith<T>(schema: z.ZodType<T>, input: unknown): T {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw invalid(issue?.path.join('.') || 'input', issue?.message ?? 'not as it should be')
}

export type TextRule = {
  field: string
  /** What takes it, in the words of a message: "a story". */
  taker: string
  /** Characters as a reader counts them (code points). */
  limit: number
}

/**
 * The text without what no database stores (NUL, halves of surrogate pairs). Throws AppError 'input.tooLong' (field,
 * given, allowed, in characters) or 'input.invalid' when it is blank.
 */
export function checkText(given: string, { field, taker, limit }: TextRule): string {
  const text = given.replaceAll('\0', '').toWellFormed()
  const length = countCodePoints(text)
  if (length > limit) {
    const message = `The text has ${length} characters; ${taker} takes at most ${limit}.`
    throw new AppError('input.tooLong', message, { params: { field, given: length, allowed: limit } })
  }
  if (isBlank(text)) throw invalid(field, 'must not be blank')
  return text
}

/** A title for a project without one: the text's first line, cut where a list of projects would cut it. */
export function titleOfText(text: string): string {
  const line =
    text
      .split('\n')
      .map(cleanLine)
      .find((candidate) => !isBlank(candidate)) ?? ''
  return cutToWidth(line, 60)
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
