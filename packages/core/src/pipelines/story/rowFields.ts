import { z } from 'zod'

/** A number as models write it: 5, "5", "5s", "5 秒". */
function readNumber(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const written = /^\s*(\d+(?:\.\d+)?)\s*(?:s|sec|secs|seconds?|秒钟?)?\s*$/i.exec(value)
  return written === null ? value : Number(written[1])
}

/** The number of a shot, from 1. */
export const shotNumberField = z.preprocess(
  readNumber,
  z
    .number({ error: 'must be a whole number from 1' })
    .int('must be a whole number from 1')
    .min(1, 'must be a whole number from 1'),
)

/** The length of a shot in seconds. */
export const secondsField = z.preprocess(
  readNumber,
  z.number({ error: 'must be a number of seconds' }).positive('must be above 0').max(600, 'must be at most 600'),
)

/** A text that says something. */
export const filledText = z
  .string({ error: 'must be a text' })
  .refine((text) => text.trim() !== '', 'must not be blank')
