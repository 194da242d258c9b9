import type { Database } from '../ports/database.ts'
import { insertRow, type Session } from './session.ts'
import { rowOf } from './tables.ts'

export function insertCall(session: Session, call: Parameters<Database['insertCall']>[0]): void {
  rowOf(session.tables.tasks, call.taskId, 'task')
  const unset = {
    outcome: null,
    failure: null,
    firstTextMs: null,
    promptTokens: null,
    completionTokens: null,
    reasoning: null,
  }
  const row = { ...call, ...unset, usageEstimated: false, startedAt: session.now, endedAt: null }
  insertRow(session.tables.calls, call.id, row, 'calls_pkey')
}

export function endCall(session: Session, callId: string, ending: Parameters<Database['endCall']>[1]): void {
  const call = rowOf(session.tables.calls, callId, 'call')
  session.tables.calls.put(callId, { ...call, ...ending, endedAt: session.now })
}

export function forgetIdempotencyKeys(session: Session, ageMs: number): void {
  const olderThan = session.now.getTime() - ageMs
  for (const task of session.tables.tasks.all()) {
    if (task.createdAt.getTime() < olderThan) session.tables.tasks.put(task.id, { ...task, idempotencyKey: null })
  }
}
