/**
 * Looks at an installation from outside. Guarantee: without `--fix` nothing is changed, no folder is made and no
 * migration applied; a check that breaks is a finding and does not keep the others from being made.
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { createDatabase, createJobQueue, openDatabase, type Database as Opened } from '@stagewright/db'
import { DatabaseError, DataFolderLocked } from '@stagewright/db/errors'
import { processCrypto } from '../clock.ts'
import type { Config } from '../config.ts'
import { createKeyVault } from '../providers/keyVault.ts'
import { checkClock, checkMigrations, checkVersion } from './checkDatabase.ts'
import { checkProviders } from './checkProviders.ts'
import { checkRedis } from './checkRedis.ts'
import { askServer, describeAnswer } from './checkServer.ts'
import { checkQueue, checkStuck, describeLock } from './checkTasks.ts'
import { note, wordsOf, wrong, type Finding } from './finding.ts'

export type Examination = {
  /** Leaves out the calls of providers, which cost a few tokens. */
  callsProviders: boolean
  /** From which age on a state is stuck; by default beyond every sweep and lease. */
  stuckAfterMs?: number | undefined
  /** Told of each finding as it is made, while the database is open: the moment to mend it. */
  tell(finding: Finding): Promise<void>
}

export async function examine(config: Config, examination: Examination): Promise<void> {
  const { tell } = examination
  const answering = await askServer(config)
  await tell(describeAnswer(answering, config))
  if (config.redisUrl !== null) await tell(await checkRedis(config.redisUrl))
  const isEmbedded = config.databaseUrl === null
  if (isEmbedded && !existsSync(path.join(config.dataDir, 'pg')))
    return tell(note('database', `There is none in ${config.dataDir} yet: the first start makes it.`))
  try {
    const url = config.databaseUrl ?? undefined
    const opened = await openDatabase({ url, dataDir: config.dataDir, migrateTo: 'nothing' })
    try {
      await examineDatabase(config, opened, examination)
    } finally {
      await opened.close()
    }
  } catch (error) {
    if (error instanceof DataFolderLocked) return tell(describeLock(answering === 'ready', config.dataDir))
    if (!(error instanceof DatabaseError)) throw error
    await tell(wrong('database', error.message))
  }
}

async function examineDatabase(config: Config, opened: Opened, examination: Examination): Promise<void> {
  const tellAll = async (about: string, check: () => Promise<Finding | Finding[]>): Promise<void> => {
    const findings = await check().catch((error: unknown) => wrong(about, `It could not be checked: ${wordsOf(error)}`))
    for (const finding of [findings].flat()) await examination.tell(finding)
  }
  await tellAll('database', () => checkVersion(opened))
  await tellAll('clock', () => checkClock(opened))
  let isCurrent = false
  await tellAll('migrations', async () => {
    const found = await checkMigrations(opened)
    isCurrent = found.isCurrent
    return found.finding
  })
  if (!isCurrent) return
  const { pool, prisma, poolConfig, embedded } = opened
  const queue = createJobQueue({ poolConfig, embedded })
  try {
    const database = createDatabase({ prisma, pool, queue })
    if (examination.callsProviders) {
      const vault = await openVault(config)
      await tellAll('provider', () => checkProviders({ database, vault, allowPrivate: config.allowPrivateProviders }))
    }
    const parts = { pool, database, queue, crypto: processCrypto, isAtRest: embedded, prepare: () => queue.start() }
    await tellAll('queue', () => checkQueue(parts))
    await tellAll('stuck tasks', () => checkStuck({ ...parts, afterMs: examination.stuckAfterMs }))
  } finally {
    await queue.stop()
  }
}

/** Null where no secret key was made yet: a look makes none. */
async function openVault({ secretKey, dataDir }: Config) {
  const kept = secretKey ?? (await readFile(path.join(dataDir, 'secret.key'), 'utf8').catch(() => null))
  return kept === null ? null : createKeyVault(kept.trim())
}
