import type { Database, MadeText, RewriteRecord } from '@stagewright/core'
import { columnsOf, readRow } from './rows.ts'
import { rewriteShape } from './shapes.ts'
import { isUuid, type Row, select, type Sql } from './sql.ts'

type RewriteReads = Pick<Database, 'versions' | 'storedTextFrom' | 'rewriteByNo' | 'madeText'>

const head = columnsOf(rewriteShape, 'r')

export function rewriteReads(sql: Sql): RewriteReads {
  return {
    versions: (projectId, stageKey) =>
      rewritesWhere(sql, projectId, 'r.project_id = $1::uuid AND r.stage_key = $2 ORDER BY r.no DESC', stageKey),
    rewriteByNo: async (projectId, no) =>
      (await rewritesWhere(sql, projectId, 'r.project_id = $1::uuid AND r.no = $2::int', no))[0] ?? null,
    madeText: (workspaceId, fingerprint) => madeText(sql, workspaceId, fingerprint),
    storedTextFrom: (rewriteId, from) => storedTextFrom(sql, rewriteId, from),
  }
}

async function madeText(sql: Sql, workspaceId: string, fingerprint: string): Promise<MadeText | null> {
  if (!isUuid(workspaceId)) return null
  const [row] = await select<Row & { title: string }>(
    sql,
    `SELECT ${head}, p.title FROM rewrites r JOIN projects p ON p.id = r.project_id
     WHERE r.fingerprint = $2 AND p.workspace_id = $1::uuid AND p.removed_at IS NULL
     ORDER BY r.created_at DESC, r.id DESC LIMIT 1`,
    [workspaceId, fingerprint],
  )
  return row === undefined ? null : { rewrite: readRow(rewriteShape, row), title: row.title }
}

/** Heads of rewrites, without their text. `id` is the parameter $1, a UUID. */
export async function rewritesWhere(
  sql: Sql,
  id: string,
  where: string,
  ...params: unknown[]
): Promise<RewriteRecord[]> {
  if (!isUuid(id)) return []
  const rows = await select(sql, `SELECT ${head} FROM rewrites r WHERE ${where}`, [id, ...params])
  return rows.map((row) => readRow(rewriteShape, row))
}

/**
 * Head and text in one statement, which is one snapshot: the text is never longer or shorter than the head says.
 * SQL counts code points, so it only picks the chunks (or the whole closed text) and the cut is made here.
 */
async function storedTextFrom(sql: Sql, rewriteId: string, from: number) {
  if (!isUuid(rewriteId)) return null
  const [row] = await select<Row & { stored: string; starts: number | null }>(
    sql,
    `SELECT ${head}, c.starts,
       CASE WHEN r.length <= $2::int THEN '' WHEN r.closed_at IS NULL THEN coalesce(c.text, '') ELSE r.text END AS stored
     FROM rewrites r LEFT JOIN LATERAL (
       SELECT min("offset") AS starts, string_agg(text, '' ORDER BY "offset") AS text
       FROM chunks WHERE rewrite_id = r.id AND "offset" + length > $2::int
     ) c ON r.closed_at IS NULL
     WHERE r.id = $1::uuid`,
    [rewriteId, from],
  )
  if (row === undefined) return null
  return { rewrite: readRow(rewriteShape, row), from, text: row.stored.slice(from - (row.starts ?? 0)) }
}
