import { readMigrationState, type Database } from '@stagewright/db'
import { note, well, wrong, type Finding } from './finding.ts'

/** Clocks further apart than this make times on the screen look wrong. Times that matter are the database's alone. */
const clockLimitMs = 2_000

export async function checkVersion({ pool, embedded }: Database): Promise<Finding> {
  const { rows } = await pool.query<{ version: string }>(`SELECT current_setting('server_version') AS version`)
  const where = embedded ? 'embedded, in the data folder' : 'a server'
  return well('database', `It answers: PostgreSQL ${rows[0]?.version} (${where}).`)
}

export async function checkClock({ pool }: Database): Promise<Finding> {
  const askedAtMs = Date.now()
  const { rows } = await pool.query<{ now: number }>(
    `SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now`,
  )
  // The answer was made somewhere between asking and now: half of that on either side.
  const differenceMs = Math.round((rows[0]?.now ?? 0) - (askedAtMs + Date.now()) / 2)
  const says = `The clocks of this machine and the database differ by ${differenceMs} ms.`
  return Math.abs(differenceMs) <= clockLimitMs ? well('clock', says) : wrong('clock', `${says} Set both by NTP.`)
}

/** `isCurrent`: the tables are those this version knows, so that they can be looked at. */
export async function checkMigrations({ pool }: Database): Promise<{ finding: Finding; isCurrent: boolean }> {
  const { pending, changed, failed } = await readMigrationState(pool)
  const broken = [
    ...changed.map((name) => `${name} was changed after it was applied`),
    ...failed.map((name) => `${name} has failed`),
  ]
  if (broken.length > 0) {
    const says = `${broken.join('; ')}: no server of this version starts on it. Take the version that fits, or repair it with "prisma migrate resolve".`
    return { finding: wrong('migrations', says), isCurrent: false }
  }
  if (pending.length > 0)
    return { finding: note('migrations', `The next start will apply ${pending.join(', ')}.`), isCurrent: false }
  return { finding: well('migrations', 'All are applied.'), isCurrent: true }
}
