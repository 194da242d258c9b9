import type { RunRows } from '../runRows.ts'

/** I7: nothing was written by an older attempt: attempts only grow, and what lies in a row is of the attempt that owns it. */
export function checkFences({ tasks, attempts, rewrites, chunks }: RunRows): string[] {
  const found: string[] = []
  for (const task of tasks) {
    const own = attempts.filter((attempt) => attempt.taskId === task.id)
    if (own.some((attempt, index) => attempt.attempt !== index + 1) || own.length !== task.attempt)
      found.push(
        `I7 task ${task.id} is at attempt ${task.attempt} and has ${own.map((each) => each.attempt).join(', ')}`,
      )
    for (const [index, attempt] of own.entries()) {
      const next = own[index + 1]
      if (next !== undefined && attempt.endedAt !== null && attempt.endedAt > next.startedAt)
        found.push(`I7 attempt ${attempt.attempt} of task ${task.id} ended after the next had begun`)
    }
  }
  for (const { id, spans, attempt, taskId, length } of rewrites) {
    const growing = spans.every(
      (span, index) => index === 0 || (span.attempt > spans[index - 1]!.attempt && span.from >= spans[index - 1]!.from),
    )
    if (!growing || spans.at(-1)?.attempt !== attempt)
      found.push(`I7 rewrite ${id} of attempt ${attempt} has the spans ${JSON.stringify(spans)}`)
    if (spans.some((span) => span.from > length)) found.push(`I7 rewrite ${id} has a span beyond its end`)
    const newest = tasks.find((task) => task.id === taskId)?.attempt ?? 0
    if (attempt > newest) found.push(`I7 rewrite ${id} is of attempt ${attempt}, its task of ${newest}`)
  }
  for (const { rewriteId, offset, attempt } of chunks) {
    const span = rewrites.find((rewrite) => rewrite.id === rewriteId)?.spans.findLast((each) => each.from <= offset)
    if (span?.attempt !== attempt)
      found.push(`I7 a chunk at ${offset} of rewrite ${rewriteId} was written by attempt ${attempt}`)
  }
  return found
}
