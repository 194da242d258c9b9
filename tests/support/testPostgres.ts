import pg from 'pg'

/** A server where tests make databases of their own. */
export interface TestPostgres {
  /** Connection address of the maintenance database, `postgresql://…/postgres`. */
  readonly url: string
  /** Makes an empty database with a random name and gives its address. */
  createDatabase(): Promise<string>
  /** Ends the server and removes its files; on a borrowed server, drops the databases made here. Idempotent. */
  stop(): Promise<void>
}

/** Another's server: databases are made there and dropped at the end, the server itself is left alone. */
export function borrowPostgres(url: string): TestPostgres {
  const made: string[] = []
  return {
    url,
    async createDatabase() {
      const address = await createDatabase(url)
      made.push(address)
      return address
    },
    async stop() {
      const names = made.splice(0).map((address) => new URL(address).pathname.slice(1))
      for (const name of names) await runStatement(url, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
    },
  }
}

/** Makes an empty database with a random name on the server of `url`; gives its address. */
export async function createDatabase(url: string): Promise<string> {
  const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
  await runStatement(url, `CREATE DATABASE "${name}"`)
  const address = new URL(url)
  address.pathname = `/${name}`
  return address.href
}

async function runStatement(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
