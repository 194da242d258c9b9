import { pairShape, type PairRow } from './rowShapes.ts'

/** The row that is still being written, as far as its translation goes; null before that begins. */
export function readComingPair(pending: string | null): PairRow | null {
  if (pending === null || !pending.includes('"target":"')) return null
  // Half an escape is left for later.
  const whole = pending.replace(/\\(?:u[\da-f]{0,3})?$/i, (cut, at: number) => (isEscaped(pending, at) ? cut : ''))
  try {
    const parsed = pairShape.safeParse(JSON.parse(`${whole}"}`))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** Whether the backslash at `at` is itself what an escape stands for. */
function isEscaped(text: string, at: number): boolean {
  let before = 0
  while (text[at - 1 - before] === '\\') before += 1
  return before % 2 === 1
}
