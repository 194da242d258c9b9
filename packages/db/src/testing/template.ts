import { randomUUID } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { EmbeddedDatabase } from '../embedded/embeddedDatabase.ts'
import { digestMigrations, migrate } from '../migrate.ts'

/** Kept between runs, because making a database takes seconds and loading one half of a second. */
const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/test-template', import.meta.url))

let loaded: Promise<Uint8Array> | undefined

/** The dump of an embedded database with all migrations. Made once per set of migrations and version of the database. */
export function loadTemplate(): Promise<Uint8Array> {
  return (loaded ??= findOrMakeTemplate())
}

async function findOrMakeTemplate(): Promise<Uint8Array> {
  const versions = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')).dependencies
  const name = `${versions['@electric-sql/pglite']}-${(await digestMigrations()).slice(0, 16)}.tar`
  const file = path.join(cacheFolder, name)
  try {
    return await readFile(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const dump = await makeTemplate()
  await mkdir(cacheFolder, { recursive: true })
  const unfinished = `${file}.${randomUUID()}` // several test processes may be here at once
  await writeFile(unfinished, dump)
  await rename(unfinished, file)
  await removeOthers(name)
  return dump
}

async function makeTemplate(): Promise<Uint8Array> {
  const database = await EmbeddedDatabase.start()
  const pool = new pg.Pool(database.poolConfig)
  try {
    await migrate(pool)
    return await database.dump()
  } finally {
    await pool.end()
    await database.close()
  }
}

/** Templates of former migrations; each is tens of megabytes. */
async function removeOthers(name: string): Promise<void> {
  const others = (await readdir(cacheFolder)).filter((file) => file.endsWith('.tar') && file !== name)
  await Promise.all(others.map((file) => rm(path.join(cacheFolder, file), { force: true })))
}
