import type { ChunkWrite, ChunkWritten } from '@stagewright/core'
import type pg from 'pg'

/**
 * The fence is the lock on each rewrite's row, not a comparison beside the insert: a statement that began before a
 * takeover and waits for it finds, once it has the lock, another attempt in the row and adds nothing. The rows are
 * locked in order of their ids, so that two of these statements never wait for each other.
 */
const statement = `
WITH input AS (
  SELECT * FROM unnest($1::uuid[], $2::int[], $3::int[], $4::text[], $5::int[]) AS i (id, attempt, "offset", text, length)
), locked AS (
  SELECT r.id FROM rewrites r WHERE r.id = ANY($1::uuid[]) ORDER BY r.id FOR NO KEY UPDATE
), grown AS (
  UPDATE rewrites r SET length = r.length + i.length FROM locked l JOIN input i ON i.id = l.id
  WHERE r.id = l.id AND r.attempt = i.attempt AND r.length = i."offset" AND r.ending IS NULL
  RETURNING r.id, r.task_id, i.attempt, i."offset", i.text, i.length
), added AS (
  INSERT INTO chunks (rewrite_id, "offset", attempt, length, text)
  SELECT id, "offset", attempt, length, text FROM grown WHERE length > 0
)
SELECT g.id AS "rewriteId", coalesce(t.cancel_requested_at IS NOT NULL, false) AS "cancelRequested"
FROM grown g LEFT JOIN tasks t ON t.id = g.task_id`

/** Makes chunks durable in one statement, at most one chunk a rewrite. What is not answered is lost to its writer. */
export async function appendChunks(pool: pg.Pool, writes: readonly ChunkWrite[]): Promise<ChunkWritten[]> {
  if (writes.length === 0) return []
  const { rows } = await pool.query<ChunkWritten>(statement, [
    writes.map((write) => write.rewriteId),
    writes.map((write) => write.attempt),
    writes.map((write) => write.offset),
    writes.map((write) => write.text),
    writes.map((write) => write.text.length),
  ])
  return rows
}
