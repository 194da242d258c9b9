import type { Run } from './run.ts'
import { tieRequests } from './texts.ts'

const openAfterEndMs = 2_000

/** I6: no socket to the provider stays open for longer than 2 s after the end of the task that it was opened for. */
export function checkSockets({
  rows,
  requests,
  requestsReadAtMs,
}: Pick<Run, 'rows' | 'requests' | 'requestsReadAtMs'>): string[] {
  const { ofCall } = tieRequests(rows.calls, requests)
  const endOf = new Map(rows.tasks.map((task) => [task.id, task.endedAt?.getTime()]))
  return rows.calls.flatMap((call) => {
    const endedAtMs = endOf.get(call.taskId)
    if (endedAtMs === undefined) return []
    return (ofCall.get(call.id) ?? [])
      .map((request) => (request.closedAtMs ?? requestsReadAtMs) - endedAtMs)
      .filter((afterEndMs) => afterEndMs > openAfterEndMs)
      .map(
        (afterEndMs) => `I6 task ${call.taskId}: a provider socket was open ${Math.round(afterEndMs)} ms after the end`,
      )
  })
}
