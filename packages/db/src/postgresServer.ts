import pg from 'pg'
import { boundedClientClass } from './boundedClient.ts'
import { DatabaseTooOld, DatabaseUnreachable, DatabaseUrlInvalid } from './errors.ts'

const oldestVersion = 15

/** Milliseconds to wait for a connection: at the start for the server, later for a free place in the pool. */
const connectTimeoutMs = 10_000

/**
 * Milliseconds that the server may owe an answer: far more than any statement of ours takes. A lease lasts 10 s and is
 * renewed every 2 s, so a hang that is not known as one ends while all leases still run; after one that is, nobody takes
 * a lease for lost until its holder had the time to renew it.
 */
export const answerWithinMs = 6_000

/**
 * Settings of a pool on the PostgreSQL server at `url`. Its sessions are in UTC, because Prisma's adapter sends and reads
 * times without a zone. A server that hangs is given up after `withinMs`; a statement that waits for a lock, and a
 * transaction whose process has fallen silent, are ended by the server itself a little before that. `null`: no limit, for
 * migrations. Throws DatabaseUrlInvalid.
 */
export function poolConfigOf(url: string, withinMs: number | null = answerWithinMs): pg.PoolConfig {
  const address = parseUrl(url)
  // The last one wins: limits of the operator's own before ours, but never another time zone.
  const limits = withinMs === null ? [] : limitsOf(withinMs)
  const options = [...limits, address.searchParams.get('options'), '-c timezone=UTC'].filter(Boolean).join(' ')
  address.searchParams.delete('options') // in the address it would win over ours
  return {
    connectionString: address.href,
    options,
    max: 10,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    ...(withinMs === null ? {} : { Client: boundedClientClass(withinMs) }),
  }
}

/** Sooner than ours, so that whoever can still answer says why, and the connection stays good. */
function limitsOf(withinMs: number): string[] {
  const limitMs = Math.ceil(withinMs * 0.9)
  return [`-c statement_timeout=${limitMs}`, `-c idle_in_transaction_session_timeout=${limitMs}`]
}

/** Makes sure that the server answers and is new enough. Throws DatabaseUnreachable or DatabaseTooOld. */
export async function checkServer(url: string, config: pg.PoolConfig): Promise<void> {
  const client = new pg.Client(config)
  client.on('error', () => {}) // also thrown by the call under way
  try {
    await client.connect()
    const { rows } = await client.query<{ version: number }>(
      `SELECT current_setting('server_version_num')::int / 10000 AS version`,
    )
    checkVersion(rows[0]?.version ?? 0, url)
  } catch (cause) {
    if (cause instanceof DatabaseTooOld) throw cause
    throw new DatabaseUnreachable(`The database ${describeServer(url)} cannot be reached: ${reasonOf(cause)}.`, {
      cause,
    })
  } finally {
    await client.end().catch(() => {})
  }
}

/** @param version the server's major version */
export function checkVersion(version: number, url: string): void {
  if (version >= oldestVersion) return
  throw new DatabaseTooOld(
    `The database ${describeServer(url)} is PostgreSQL ${version}; at least PostgreSQL ${oldestVersion} is needed.`,
  )
}

/** Names the database in messages: host, port and name, never user or password. */
export function describeServer(url: string): string {
  const address = parseUrl(url)
  const host = address.searchParams.get('host') ?? (address.hostname || 'localhost')
  return `"${decodeURIComponent(address.pathname.slice(1))}" at ${host}:${address.port || 5432}`
}

function parseUrl(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : null
  if (address?.protocol === 'postgresql:' || address?.protocol === 'postgres:') return address
  throw new DatabaseUrlInvalid('DATABASE_URL is not an address like postgresql://user:password@host:5432/database.')
}

function reasonOf(error: unknown): string {
  // Of several addresses tried (IPv6, IPv4) the message of the whole is empty.
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join(', ')
  return (error as Error).message
}
