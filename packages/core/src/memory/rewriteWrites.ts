import { type Tx, UniqueViolation } from '../ports/database.ts'
import type { ChunkWrite, ChunkWritten } from '../ports/rewriteStorage.ts'
import { openingSpans } from '../feed/spans.ts'
import type { Span } from '../records.ts'
import { headOf, instructionsUpTo } from './rewriteReads.ts'
import { insertRow, type Session } from './session.ts'
import { keyOf, type RewriteRow, rowOf } from './tables.ts'

type RewriteOperations = Pick<
  Tx,
  | 'rewrite'
  | 'storedText'
  | 'openRewriteOf'
  | 'instructionsUpTo'
  | 'insertOpenRewrite'
  | 'insertClosedRewrite'
  | 'takeOverRewrite'
  | 'setCheckpoint'
  | 'closeRewrite'
>

export function rewriteOperations(session: Session): RewriteOperations {
  return {
    async rewrite(rewriteId) {
      const row = session.tables.rewrites.get(rewriteId)
      return row === undefined ? null : headOf(row)
    },
    async storedText(rewriteId) {
      return session.tables.rewrites.get(rewriteId)?.text ?? null
    },
    async openRewriteOf(projectId) {
      const row = openRowOf(session, projectId)
      return row === undefined ? null : headOf(row)
    },
    async instructionsUpTo(rewriteId) {
      return instructionsUpTo(session.tables, rewriteId)
    },
    async insertOpenRewrite({ copied, ...rewrite }) {
      const start = copied === undefined ? {} : startOf(copied, rewrite.attempt)
      insertRewrite(session, { ...freshRow(session, rewrite.attempt), ...start, ...rewrite })
    },
    async insertClosedRewrite({ made = noTasks, ...rewrite }) {
      const { taskId, attempt, ending, copiedLength } = made
      const spans = openingSpans(attempt, copiedLength)
      const closed = { length: rewrite.text.length, ending, spans, closedAt: session.now }
      insertRewrite(session, { ...freshRow(session, attempt), taskId, ...closed, ...rewrite })
    },
    async takeOverRewrite(rewriteId, takeover) {
      takeOver(session, rewriteId, takeover)
    },
    async setCheckpoint(rewriteId, fence, content) {
      const row = fencedRow(session, rewriteId, fence)
      if (row === undefined) return false
      session.tables.rewrites.put(rewriteId, { ...row, checkpoint: { length: fence.length, content } })
      return true
    },
    async closeRewrite(rewriteId, fence, closing) {
      const row = fencedRow(session, rewriteId, fence)
      if (row === undefined) return false
      if (closing.text !== row.text)
        throw new Error(`Rewrite ${rewriteId} would be closed with a text that is not the stored one.`)
      session.tables.rewrites.put(rewriteId, { ...row, ...closing, closedAt: session.now })
      return true
    },
  }
}

/** Adds the chunks of the streams whose row is still the writer's own, open, and exactly as long as the chunk's offset. */
export function appendChunks(session: Session, writes: readonly ChunkWrite[]): ChunkWritten[] {
  const written: ChunkWritten[] = []
  for (const { rewriteId, attempt, offset, text } of writes) {
    const row = fencedRow(session, rewriteId, { attempt, length: offset })
    if (row === undefined) continue
    session.tables.rewrites.put(rewriteId, { ...row, text: row.text + text, length: offset + text.length })
    const task = row.taskId === null ? undefined : session.tables.tasks.get(row.taskId)
    written.push({ rewriteId, cancelRequested: (task?.cancelRequestedAt ?? null) !== null })
  }
  return written
}

function fencedRow(
  session: Session,
  rewriteId: string,
  fence: { attempt: number; length: number },
): RewriteRow | undefined {
  const row = session.tables.rewrites.get(rewriteId)
  if (row === undefined || row.closedAt !== null) return undefined
  return row.attempt === fence.attempt && row.length === fence.length ? row : undefined
}

function freshRow(session: Session, attempt: number) {
  const spans: Span[] = [{ attempt, from: 0 }]
  const empty = {
    ending: null,
    sha256: null,
    summary: null,
    promptTokens: null,
    completionTokens: null,
    closedAt: null,
    fingerprint: null,
  }
  return { ...empty, attempt, spans, text: '', length: 0, checkpoint: null, createdAt: session.now }
}

const noTasks = { taskId: null, attempt: 0, ending: 'complete' as const, copiedLength: 0 }

function startOf({ text, checkpoint }: { text: string; checkpoint: unknown }, attempt: number) {
  const { length } = text
  return { text, length, spans: openingSpans(attempt, length), checkpoint: { length, content: checkpoint } }
}

function openRowOf(session: Session, projectId: string): RewriteRow | undefined {
  return session.tables.rewrites.all().find((row) => row.projectId === projectId && row.closedAt === null)
}

function insertRewrite(session: Session, row: RewriteRow): void {
  const { tables } = session
  rowOf(tables.stages, keyOf(row.projectId, row.stageKey), 'stage')
  if (row.taskId !== null) rowOf(tables.tasks, row.taskId, 'task')
  for (const origin of [row.inputRewriteId, row.baseRewriteId])
    if (origin !== null) rowOf(tables.rewrites, origin, 'rewrite')
  if (row.closedAt === null && openRowOf(session, row.projectId)) throw new UniqueViolation('rewrites_one_open_key')
  const sameNo = tables.rewrites.all().some((other) => other.projectId === row.projectId && other.no === row.no)
  if (sameNo) throw new UniqueViolation('rewrites_project_id_no_key')
  insertRow(tables.rewrites, row.id, row, 'rewrites_pkey')
}

function takeOver(session: Session, rewriteId: string, takeover: { attempt: number; keepUpTo: number }): void {
  const row = rowOf(session.tables.rewrites, rewriteId, 'rewrite')
  if (row.closedAt !== null) throw new Error(`Rewrite ${rewriteId} is closed: nobody can take it over.`)
  const { attempt, keepUpTo } = takeover
  if (attempt < row.attempt)
    throw new Error(`Rewrite ${rewriteId} belongs to attempt ${row.attempt}, newer than ${attempt}.`)
  if (keepUpTo > row.length)
    throw new Error(`Rewrite ${rewriteId} has ${row.length} code units, fewer than ${keepUpTo} to keep.`)
  const spans = [...row.spans.filter((span) => span.from < keepUpTo), { attempt, from: keepUpTo }]
  // A checkpoint beyond the kept text would promise text that is gone.
  const checkpoint = row.checkpoint !== null && row.checkpoint.length > keepUpTo ? null : row.checkpoint
  session.tables.rewrites.put(rewriteId, {
    ...row,
    attempt,
    spans,
    checkpoint,
    text: row.text.slice(0, keepUpTo),
    length: keepUpTo,
  })
}
