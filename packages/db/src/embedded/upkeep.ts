import type { PGlite } from '@electric-sql/pglite'
import type { Session } from './session.ts'

export interface UpkeepIntervals {
  readonly checkpointMs: number
  readonly vacuumMs: number
}

/**
 * PGlite has no background processes: without checkpoints its log grows for ever (673 MB seen), without vacuum its
 * tables do. A checkpoint takes about 50 ms.
 */
export const upkeepIntervals: UpkeepIntervals = { checkpointMs: 5 * 60_000, vacuumMs: 60 * 60_000 }

/** Starts the regular upkeep of a session; gives the function that stops it. Failures are reported, never thrown. */
export function startUpkeep(
  session: Session,
  intervals: UpkeepIntervals,
  report: (error: unknown) => void,
): () => void {
  const every = (ms: number, work: () => Promise<void>) => setInterval(() => void work().catch(report), ms)
  const timers = [
    every(intervals.checkpointMs, () => session.runAlone((db) => db.exec('CHECKPOINT'))),
    every(intervals.vacuumMs, () => vacuumTables(session)),
  ]
  return () => timers.forEach((timer) => clearInterval(timer))
}

/** One turn per table, so that nobody waits for the whole database. */
async function vacuumTables(session: Session): Promise<void> {
  let tables: string[] = []
  await session.runAlone(async (db) => {
    tables = await listTables(db)
  })
  for (const table of tables) {
    await session.runAlone(async (db) => {
      const { rows } = await db.query('SELECT to_regclass($1) AS present', [table])
      if ((rows[0] as { present: string | null }).present !== null) await db.exec(`VACUUM (ANALYZE) ${table}`)
    })
  }
}

async function listTables(db: PGlite): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname <> 'information_schema' ORDER BY 1`,
  )
  return rows.map((row) => row.name)
}
