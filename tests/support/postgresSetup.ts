import { openTestPostgres } from './temporaryPostgres.ts'

/**
 * A vitest `globalSetup`: gives every test file a server in `TEST_DATABASE_URL`, the one of the whole `npm test` where
 * there is one, and removes afterwards what it made. Tests get databases through `openTestPostgres().createDatabase()`.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const before = process.env['TEST_DATABASE_URL']
  const postgres = await openTestPostgres()
  process.env['TEST_DATABASE_URL'] = postgres.url
  return async () => {
    if (before === undefined) delete process.env['TEST_DATABASE_URL']
    await postgres.stop()
  }
}
