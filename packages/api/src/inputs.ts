import { z } from 'zod'

const maxTextLength = 1_000_000

/** Text as the database and every encoder can hold it: no NUL, no half of a surrogate pair. */
export function cleanText(text: string): string {
  return text.replaceAll('\0', '\uFFFD').toWellFormed()
}

export const id = z.uuid('must be an id (a UUID)')
export const text = (maxLength = maxTextLength) =>
  z.string().max(maxLength, `must be at most ${maxLength} characters`).transform(cleanText)
export const key = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z][a-zA-Z0-9-]*$/, 'must be a key (letters, digits, hyphens)')
export const page = z.number().int().min(1).max(100_000).default(1)
export const pageSize = z.number().int().min(1).max(100).default(20)
export const cursor = z.string().max(256).nullish()
export const time = z.iso.datetime({ offset: true }).transform((value) => new Date(value))

/** A pipeline's input: plain JSON whose texts are made clean; the pipeline's own schema looks at it after this. */
export const jsonInput = z
  .record(z.string().max(64), z.unknown())
  .transform((value) => cleanDeep(value) as Record<string, unknown>)

function cleanDeep(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(cleanDeep)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [cleanText(name), cleanDeep(inner)]))
}

/** An address on the web. What it leads to is looked at when it is used. */
export const url = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .max(2_000)
  .refine((value) => !/\s|\0/.test(value) && new URL(value).username === '', 'must be without a name and password')
