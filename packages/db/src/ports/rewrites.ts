import { openingSpans, type Tx } from '@stagewright/core'
import { rewritesWhere } from './rewriteReads.ts'
import { change, isUuid, select, type Sql } from './sql.ts'
import { takeOverRewrite } from './takeOverRewrite.ts'

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

export function rewriteOperations(sql: Sql): RewriteOperations {
  return {
    rewrite: async (rewriteId) => (await rewritesWhere(sql, rewriteId, 'r.id = $1::uuid'))[0] ?? null,
    storedText: (rewriteId) => storedText(sql, rewriteId),
    openRewriteOf: async (projectId) =>
      (await rewritesWhere(sql, projectId, 'r.project_id = $1::uuid AND r.closed_at IS NULL'))[0] ?? null,
    instructionsUpTo: (rewriteId) => instructionsUpTo(sql, rewriteId),
    insertOpenRewrite: (rewrite) => insertOpenRewrite(sql, rewrite),
    insertClosedRewrite: (rewrite) => insertClosedRewrite(sql, rewrite),
    takeOverRewrite: (rewriteId, takeover) => takeOverRewrite(sql, rewriteId, takeover),
    async setCheckpoint(rewriteId, fence, content) {
      const checkpoint = JSON.stringify({ length: fence.length, content })
      const statement = `UPDATE rewrites SET checkpoint = $4::jsonb WHERE ${fenced}`
      return (await change(sql, statement, [rewriteId, fence.attempt, fence.length, checkpoint])) === 1
    },
    closeRewrite: (rewriteId, fence, closing) => closeRewrite(sql, rewriteId, fence, closing),
  }
}

/** The row is still the writer's own, open, and exactly as long as the writer thinks. */
const fenced = 'id = $1::uuid AND attempt = $2::int AND length = $3::int AND closed_at IS NULL'

async function storedText(sql: Sql, rewriteId: string): Promise<string | null> {
  if (!isUuid(rewriteId)) return null
  const [row] = await select<{ text: string }>(
    sql,
    `SELECT coalesce(r.text, (SELECT string_agg(c.text, '' ORDER BY c."offset") FROM chunks c WHERE c.rewrite_id = r.id), '') AS text
     FROM rewrites r WHERE r.id = $1::uuid`,
    [rewriteId],
  )
  return row?.text ?? null
}

async function instructionsUpTo(sql: Sql, rewriteId: string): Promise<string[]> {
  if (!isUuid(rewriteId)) return []
  const rows = await select<{ instruction: string }>(
    sql,
    `WITH RECURSIVE chain AS (
       SELECT no, instruction, project_id, base_rewrite_id FROM rewrites WHERE id = $1::uuid
       UNION ALL
       SELECT r.no, r.instruction, r.project_id, r.base_rewrite_id FROM rewrites r JOIN chain c ON r.id = c.base_rewrite_id AND r.no < c.no
     )
     SELECT instruction FROM chain WHERE instruction IS NOT NULL ORDER BY no`,
    [rewriteId],
  )
  return rows.map((row) => row.instruction)
}

async function insertOpenRewrite(
  sql: Sql,
  { copied, ...rewrite }: Parameters<Tx['insertOpenRewrite']>[0],
): Promise<void> {
  const { id: rewriteId, attempt } = rewrite
  const text = copied?.text ?? ''
  const spans = openingSpans(attempt, text.length)
  const checkpoint = copied === undefined ? {} : { checkpoint: { length: text.length, content: copied.checkpoint } }
  await sql.rewrite.createMany({ data: { ...rewrite, length: text.length, spans, ...checkpoint } as Row })
  if (text === '') return
  await sql.chunk.createMany({ data: { rewriteId, attempt, offset: 0, length: text.length, text } })
}

type Row = NonNullable<Parameters<Sql['rewrite']['createMany']>[0]>['data']

async function insertClosedRewrite(
  sql: Sql,
  { made, ...rewrite }: Parameters<Tx['insertClosedRewrite']>[0],
): Promise<void> {
  const { taskId, attempt, ending, copiedLength } = made ?? noTasks
  const spans = JSON.stringify(openingSpans(attempt, copiedLength))
  const { id, projectId, stageKey, no, kind, inputRewriteId, baseRewriteId } = rewrite
  const origin = [inputRewriteId, baseRewriteId, rewrite.instruction, rewrite.createdBy]
  const text = [rewrite.summary, rewrite.text, rewrite.sha256, rewrite.text.length]
  await change(
    sql,
    `INSERT INTO rewrites (id, project_id, stage_key, no, kind, input_rewrite_id, base_rewrite_id, instruction, created_by,
       summary, text, sha256, length, task_id, attempt, spans, ending, closed_at)
     VALUES ($1::uuid, $2::uuid, $3, $4::int, $5, $6::uuid, $7::uuid, $8, $9, $10, $11, $12, $13::int, $14::uuid, $15::int,
       $16::jsonb, $17, now())`,
    [id, projectId, stageKey, no, kind, ...origin, ...text, taskId, attempt, spans, ending],
  )
}

const noTasks = { taskId: null, attempt: 0, ending: 'complete', copiedLength: 0 }

/**
 * Two statements on purpose: the first may wait for a chunk under way, and only a statement that begins after it sees
 * that chunk to remove it. The second also proves that what was closed is what was stored.
 */
async function closeRewrite(sql: Sql, rewriteId: string, fence: Fence, closing: Closing): Promise<boolean> {
  const { ending, text, sha256, summary, promptTokens, completionTokens, fingerprint = null } = closing
  const closed = await change(
    sql,
    `UPDATE rewrites SET ending = $4, text = $5, sha256 = $6, summary = $7, prompt_tokens = $8::int, completion_tokens = $9::int,
       fingerprint = $10, closed_at = now() WHERE ${fenced}`,
    [
      rewriteId,
      fence.attempt,
      fence.length,
      ending,
      text,
      sha256,
      summary,
      promptTokens,
      completionTokens,
      fingerprint,
    ],
  )
  if (closed === 0) return false
  const [removed] = await select<{ isSame: boolean }>(
    sql,
    `WITH gone AS (DELETE FROM chunks WHERE rewrite_id = $1::uuid RETURNING "offset", text)
     SELECT coalesce(string_agg(text, '' ORDER BY "offset"), '') = (SELECT text FROM rewrites WHERE id = $1::uuid) AS "isSame"
     FROM gone`,
    [rewriteId],
  )
  if (removed?.isSame) return true
  throw new Error(`Rewrite ${rewriteId} would be closed with a text that is not the stored one.`)
}

type Fence = Parameters<Tx['closeRewrite']>[1]
type Closing = Parameters<Tx['closeRewrite']>[2]
