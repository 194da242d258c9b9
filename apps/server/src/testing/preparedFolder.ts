import { createHash, randomUUID } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestMigrations } from '@stagewright/db/testing'
import { readConfig } from '../config.ts'
import { createLog } from '../log.ts'
import { startServer } from '../server.ts'

const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/prepared-folder', import.meta.url))
const lockFile = new URL('../../../../pnpm-lock.yaml', import.meta.url)

let prepared: Promise<string> | undefined

/**
 * Fills a new data folder with what the first start of a server leaves in it: that costs five seconds of a processor, and
 * tests start many. Made once, and anew for other migrations or dependencies.
 */
export async function prepareFolder(dataDir: string): Promise<void> {
  prepared ??= findOrMake()
  await cp(await prepared, dataDir, { recursive: true })
}

async function findOrMake(): Promise<string> {
  const dependencies = createHash('sha256')
    .update(await readFile(lockFile))
    .digest('hex')
  const name = `${(await digestMigrations()).slice(0, 16)}-${dependencies.slice(0, 16)}`
  const folder = path.join(cacheFolder, name)
  await mkdir(cacheFolder, { recursive: true })
  if ((await readdir(cacheFolder)).includes(name)) return folder
  const unfinished = `${folder}.${randomUUID()}`
  const config = readConfig({ PORT: '0', DATA_DIR: unfinished })
  const server = await startServer(config, createLog('silent'), { onFailure: () => {} })
  await server.stop()
  await putInPlace(unfinished, folder)
  await removeOthers(name)
  return folder
}

/** Several test processes may be here at once: the first one's is kept. */
async function putInPlace(unfinished: string, folder: string): Promise<void> {
  try {
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/** Those of former migrations and dependencies; what another process is making is left alone. */
async function removeOthers(name: string): Promise<void> {
  const others = (await readdir(cacheFolder)).filter((other) => !other.startsWith(name))
  await Promise.all(others.map((other) => rm(path.join(cacheFolder, other), { recursive: true, force: true })))
}
