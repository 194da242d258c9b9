import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest'
import { migrate } from './migrate.ts'
import { openTestDatabase, testDatabaseKinds, type TestDatabase } from './testing/index.ts'
import { makeTemporaryFolder, type TemporaryFolder } from './testing/temporaryFolder.ts'

describe.each(testDatabaseKinds)('migrate on %s', (kind) => {
  let database: TestDatabase
  let pool: pg.Pool
  let folder: TemporaryFolder

  beforeAll(async () => {
    database = await openTestDatabase(kind)
    pool = database.pool
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await pool.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    folder = await makeTemporaryFolder()
    await write('1_first', 'CREATE TABLE a (id int PRIMARY KEY);\nINSERT INTO a VALUES (1);')
    await write('2_second', 'CREATE TABLE b (id int PRIMARY KEY);')
  })
  afterEach(() => folder[Symbol.asyncDispose]())

  async function write(name: string, sql: string): Promise<void> {
    await mkdir(path.join(folder.path, name), { recursive: true })
    await writeFile(path.join(folder.path, name, 'migration.sql'), sql)
  }
  const tables = async () =>
    (
      await pool.query(
        `SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations' ORDER BY 1`,
      )
    ).rows.map((row) => row.tablename)

  it('D6 applies all in order to a fresh database, and nothing the second time', async () => {
    await writeFile(path.join(folder.path, 'migration_lock.toml'), 'provider = "postgresql"')
    expect(await migrate(pool, folder.path)).toEqual(['1_first', '2_second'])
    expect(await migrate(pool, folder.path)).toEqual([])
    expect(await tables()).toEqual(['a', 'b'])
  })

  it('applies only what is new', async () => {
    await migrate(pool, folder.path)
    await write('3_third', 'DROP TABLE b;')
    expect(await migrate(pool, folder.path)).toEqual(['3_third'])
    expect(await tables()).toEqual(['a'])
  })

  it('applies function bodies with semicolons and new enum values', async () => {
    await write(
      '3_third',
      `CREATE TYPE colour AS ENUM ('red');
      CREATE FUNCTION one() RETURNS int LANGUAGE plpgsql AS $$ DECLARE n int; BEGIN n := 1; RETURN n; END; $$;`,
    )
    await write('4_fourth', `ALTER TYPE colour ADD VALUE 'blue';`)
    await migrate(pool, folder.path)
    expect((await pool.query(`SELECT one(), 'blue'::colour AS colour`)).rows).toEqual([{ one: 1, colour: 'blue' }])
  })

  it('D7 rolls a failing one back whole, names it, and keeps those before it', async () => {
    await write('2_second', 'CREATE TABLE b (id int);\nINSERT INTO nowhere VALUES (1);')
    await expect(migrate(pool, folder.path)).rejects.toMatchObject({
      code: 'MigrationFailed',
      message: expect.stringMatching(/^Migration 2_second failed and was rolled back: .*nowhere/),
    })
    expect(await tables()).toEqual(['a'])
    await write('2_second', 'CREATE TABLE b (id int);')
    expect(await migrate(pool, folder.path)).toEqual(['2_second'])
  })

  it('D8 refuses a file that was changed after it was applied, but not other line ends', async () => {
    await migrate(pool, folder.path)
    await write('1_first', 'CREATE TABLE a (id int PRIMARY KEY);\r\nINSERT INTO a VALUES (1);')
    expect(await migrate(pool, folder.path)).toEqual([])
    await write('1_first', 'CREATE TABLE a (id bigint PRIMARY KEY);')
    await expect(migrate(pool, folder.path)).rejects.toThrow('Migration 1_first was changed after it was applied.')
  })

  it('refuses to go on behind one that Prisma marked as failed', async () => {
    await migrate(pool, folder.path)
    await pool.query(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '2_second'`)
    await expect(migrate(pool, folder.path)).rejects.toThrow('Migration 2_second is marked as failed')
  })

  it('names a folder without a file', async () => {
    await rm(path.join(folder.path, '2_second', 'migration.sql'))
    await expect(migrate(pool, folder.path)).rejects.toThrow('Migration 2_second has no readable migration.sql.')
  })

  it('D6 several at once apply each exactly once', async () => {
    const pools = Array.from({ length: 4 }, () => new pg.Pool({ ...database.poolConfig, max: 1 }))
    const applied = await Promise.all(pools.map((each) => migrate(each, folder.path)))
    expect(applied.flat().toSorted()).toEqual(['1_first', '2_second'])
    expect((await pool.query('SELECT id FROM a')).rows).toEqual([{ id: 1 }])
    await Promise.all(pools.map((each) => each.end()))
  })

  it('leaves no lock behind, also after a failure', async () => {
    await write('2_second', 'nonsense')
    await expect(migrate(pool, folder.path)).rejects.toThrow()
    const { rows } = await pool.query(
      `SELECT count(*)::int AS held FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
       WHERE locktype = 'advisory' AND datname = current_database()`,
    )
    expect(rows).toEqual([{ held: 0 }])
  })
})
