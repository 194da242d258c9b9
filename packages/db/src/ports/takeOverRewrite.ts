import type { RewriteRecord, Span } from '@stagewright/core'
import { readRow } from './rows.ts'
import { type Shape } from './shapes.ts'
import { change, requireOne, select, type Sql } from './sql.ts'

type Takeover = { attempt: number; keepUpTo: number }
type Held = Pick<RewriteRecord, 'attempt' | 'length' | 'spans' | 'checkpoint' | 'closedAt'>

const heldShape: Shape<Held> = {
  attempt: 'count',
  length: 'count',
  spans: 'json',
  checkpoint: 'json',
  closedAt: 'time',
}

/**
 * Guarantee: after the row is locked by the first statement, a chunk of an older attempt either has been committed (and is
 * cut by the second) or waits for this transaction and then finds another attempt in the row.
 */
export async function takeOverRewrite(sql: Sql, rewriteId: string, takeover: Takeover): Promise<void> {
  const held = await holdRewrite(sql, rewriteId)
  refuseImpossible(rewriteId, held, takeover)
  await cutChunks(sql, rewriteId, takeover.keepUpTo)
  const { spans, checkpoint } = decideTakeover(held, takeover)
  await change(
    sql,
    `UPDATE rewrites SET attempt = $2::int, length = $3::int, spans = $4::jsonb, checkpoint = $5::jsonb WHERE id = $1::uuid`,
    [rewriteId, takeover.attempt, takeover.keepUpTo, JSON.stringify(spans), checkpoint && JSON.stringify(checkpoint)],
  )
}

/** What the row says after the takeover: no span and no checkpoint lies beyond the kept text. */
export function decideTakeover(held: Pick<Held, 'spans' | 'checkpoint'>, { attempt, keepUpTo }: Takeover) {
  const spans: Span[] = [...held.spans.filter((span) => span.from < keepUpTo), { attempt, from: keepUpTo }]
  const checkpoint = held.checkpoint !== null && held.checkpoint.length > keepUpTo ? null : held.checkpoint
  return { spans, checkpoint }
}

async function holdRewrite(sql: Sql, rewriteId: string): Promise<Held> {
  const rows = await select(
    sql,
    `SELECT attempt, length, spans, checkpoint, closed_at AS "closedAt" FROM rewrites WHERE id = $1::uuid FOR NO KEY UPDATE`,
    [rewriteId],
  )
  requireOne(rows.length, 'rewrite', rewriteId)
  return readRow(heldShape, rows[0]!)
}

function refuseImpossible(rewriteId: string, held: Held, { attempt, keepUpTo }: Takeover): void {
  if (held.closedAt !== null) throw new Error(`Rewrite ${rewriteId} is closed: nobody can take it over.`)
  if (attempt < held.attempt)
    throw new Error(`Rewrite ${rewriteId} belongs to attempt ${held.attempt}, newer than ${attempt}.`)
  if (keepUpTo > held.length)
    throw new Error(`Rewrite ${rewriteId} has ${held.length} code units, fewer than ${keepUpTo} to keep.`)
}

/** A chunk that lies across the cut is put back as far as it is kept; only JavaScript counts in our units. */
async function cutChunks(sql: Sql, rewriteId: string, keepUpTo: number): Promise<void> {
  const [across] = await select<{ offset: number; attempt: number; text: string }>(
    sql,
    `WITH gone AS (
       DELETE FROM chunks WHERE rewrite_id = $1::uuid AND "offset" + length > $2::int RETURNING "offset", attempt, text
     )
     SELECT "offset", attempt, text FROM gone WHERE "offset" < $2::int`,
    [rewriteId, keepUpTo],
  )
  if (across === undefined) return
  const text = across.text.slice(0, keepUpTo - across.offset)
  await sql.chunk.createMany({ data: { rewriteId, ...across, text, length: text.length } })
}
