import { createHash, randomUUID } from 'node:crypto'
import { chmod, mkdir, readdir, realpath, rename, rm } from 'node:fs/promises'
import { createServer, connect, type Server } from 'node:net'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DataFolderLocked, DataFolderUnusable } from '../errors.ts'
import { withShortPath } from './shortPath.ts'

const lockName = 'lock.sock'
const claimPrefix = 'lock-claim.'

/** Milliseconds to wait for other processes that are opening the same folder at this moment. */
const claimTimeoutMs = 5_000

export interface FolderLock {
  /** Gives the folder free. Idempotent. */
  release(): Promise<void>
}

/**
 * Makes the folder (0700) and locks it for this process: two processes on one PGlite folder silently lose data.
 * Throws DataFolderLocked or DataFolderUnusable.
 *
 * Guarantee: at most one live process holds a folder, and no dead one. The holder is whoever listens on `lock.sock` in
 * it: the system stops that with the process, however it dies, and answers for a process that is only paused; a pid file
 * can do neither. A socket that refuses connections is left over from a dead process and is replaced.
 * Replacing is where two openers could undo each other, so an opener goes: claiming (listens on a file of its own, then
 * looks for others' claims: of two claimants the later sees the earlier) → alone → holder or refused → claim removed.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await chmod(folder, 0o700) // PGlite makes its files 0666
    const realFolder = await realpath(folder)
    if (process.platform === 'win32') return await lockPipe(realFolder)
    return await withShortPath(realFolder, (shortFolder) => lockSocket(realFolder, shortFolder))
  } catch (cause) {
    if (cause instanceof DataFolderLocked) throw cause
    const reason = (cause as Error).message
    throw new DataFolderUnusable(`The data folder ${folder} cannot be used: ${reason}; choose another with DATA_DIR.`, {
      cause,
    })
  }
}

async function lockSocket(folder: string, shortFolder: string): Promise<FolderLock> {
  const claim = await claimAlone(folder, shortFolder)
  try {
    const socket = path.join(shortFolder, lockName)
    if (await isListening(socket)) throw lockedError(folder)
    await rm(socket, { force: true })
    const server = await listen(socket)
    return releasing(server, path.join(folder, lockName))
  } finally {
    await claim.release()
  }
}

/** Settles when this process is the only live one that is about to take the lock. */
async function claimAlone(folder: string, shortFolder: string): Promise<FolderLock> {
  for (const deadline = Date.now() + claimTimeoutMs; Date.now() < deadline;) {
    const claim = await makeClaim(folder, shortFolder)
    if (!(await hasOtherClaims(shortFolder, claim.name))) return claim
    await claim.release()
    await delay(10 + Math.random() * 90) // unequal, or two claimants would go on seeing each other
  }
  throw lockedError(folder)
}

/** A claim gets its name only once it listens, so that one which refuses connections is certainly dead. */
async function makeClaim(folder: string, shortFolder: string): Promise<FolderLock & { name: string }> {
  const id = randomUUID().slice(0, 8)
  const name = claimPrefix + id
  const server = await listen(path.join(shortFolder, `lock-new.${id}`))
  await rename(path.join(folder, `lock-new.${id}`), path.join(folder, name))
  return { name, ...releasing(server, path.join(folder, name)) }
}

async function hasOtherClaims(shortFolder: string, ownName: string): Promise<boolean> {
  const others = (await readdir(shortFolder)).filter((name) => name.startsWith(claimPrefix) && name !== ownName)
  for (const name of others) {
    if (await isListening(path.join(shortFolder, name))) return true
    await rm(path.join(shortFolder, name), { force: true })
  }
  return false
}

/** Windows removes a pipe with its process and lets nobody else listen on it: nothing is ever left over. */
async function lockPipe(folder: string): Promise<FolderLock> {
  const id = createHash('sha256').update(folder.toLowerCase()).digest('hex').slice(0, 32)
  try {
    return releasing(await listen(`\\\\.\\pipe\\stagewright-${id}`), null)
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? lockedError(folder) : error
  }
}

function releasing(server: Server, file: string | null): FolderLock {
  let released: Promise<void> | undefined
  const release = async () => {
    // Before the socket stops listening: a later removal could hit the next holder's file.
    if (file !== null) await rm(file, { force: true })
    await new Promise((resolve) => server.close(resolve))
  }
  return { release: () => (released ??= release()) }
}

function listen(socket: string): Promise<Server> {
  const server = createServer((connection) => connection.destroy())
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, () => resolve(server.unref()))
  })
}

/** Refused or missing means nobody is there; any other trouble counts as somebody, to be on the safe side. */
function isListening(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket)
    const answer = (listening: boolean) => {
      connection.destroy()
      resolve(listening)
    }
    connection.once('connect', () => answer(true))
    connection.once('error', (error: NodeJS.ErrnoException) => {
      answer(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')
    })
  })
}

function lockedError(folder: string): DataFolderLocked {
  return new DataFolderLocked(
    `The data folder ${folder} is in use by another process; stop that one, choose another folder with DATA_DIR, ` +
      'or set DATABASE_URL to share a PostgreSQL server.',
  )
}
