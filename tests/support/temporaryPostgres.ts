// A PostgreSQL of its own for a test run: made in a temporary folder, removed at the end.
//
// Guarantee: after stop(), and also after a crash of the process that started it, nothing stays behind for long:
// the folder's name holds the owner's process id, and the next start removes what dead owners left.
// States: started -> (killed or shut down -> started)* -> stopped.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { join } from 'node:path'
import { removeLeftovers } from './leftovers.ts'
import { findPostgres } from './systemParts.ts'
import { borrowPostgres, createDatabase, type TestPostgres } from './testPostgres.ts'

export type { TestPostgres } from './testPostgres.ts'

const READY_LINE = 'database system is ready to accept connections'
const START_LIMIT_MS = 60_000
const PORT_TRIES = 5

/** A server that tests may also crash. */
const FOLDER_PREFIX = 'stagewright-postgres-'

export interface TemporaryPostgres extends TestPostgres {
  /** Process id of the postmaster; undefined while it is down. */
  readonly pid: number | undefined
  /** SIGKILL to the server, as a power cut of the database machine; settles when it is gone. */
  kill(): Promise<void>
  /** Ends it as its operator would for a restart: every connection is told, nothing is recovered afterwards. */
  shutDown(): Promise<void>
  /** Starts it again on the same port and files, after a kill with its crash recovery. */
  restart(): Promise<void>
}

/** The server named by `TEST_DATABASE_URL` when it is set, otherwise a temporary one. Throws when neither is possible. */
export async function openTestPostgres(): Promise<TestPostgres> {
  const url = process.env['TEST_DATABASE_URL']
  return url === undefined || url === '' ? startTemporaryPostgres() : borrowPostgres(url)
}

/** Makes and starts a cluster on a free port of 127.0.0.1, fsync on. Throws with the server's own words on failure. */
export async function startTemporaryPostgres(): Promise<TemporaryPostgres> {
  const binaries = findPostgres()
  if (binaries === null) throw new Error('PostgreSQL 15 or newer is not installed; install it or set TEST_DATABASE_URL')
  removeLeftovers({ prefix: FOLDER_PREFIX, pidFile: 'data/postmaster.pid' })
  const owner = clusterOwner()
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`))
  if (owner.uid !== undefined && owner.gid !== undefined) chownSync(folder, owner.uid, owner.gid)
  const cluster = new Cluster(binaries, folder, owner)
  try {
    await cluster.create()
  } catch (error) {
    await cluster.stop()
    throw error
  }
  return cluster
}

type Owner = { uid?: number; gid?: number }

class Cluster implements TemporaryPostgres {
  private readonly binaries: string
  private readonly folder: string
  private readonly owner: Owner
  private server: ChildProcess | null = null
  private port = 0
  private readonly endAtExit = (): void => {
    this.server?.kill('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }

  constructor(binaries: string, folder: string, owner: Owner) {
    this.binaries = binaries
    this.folder = folder
    this.owner = owner
    process.once('exit', this.endAtExit)
  }

  get url(): string {
    return `postgresql://postgres@127.0.0.1:${this.port}/postgres`
  }

  get pid(): number | undefined {
    return this.server?.pid
  }

  async create(): Promise<void> {
    const options = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
    execFileSync(join(this.binaries, 'initdb'), ['-D', join(this.folder, 'data'), ...options], {
      ...this.owner,
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    for (let tries = 1; ; tries++) {
      this.port = await findFreePort()
      const failure = await this.launch()
      if (failure === null) return
      // Someone may take the port between our look and the server's: that alone deserves another try.
      if (!failure.includes('could not bind') || tries === PORT_TRIES) throw new Error(failure)
    }
  }

  createDatabase(): Promise<string> {
    return createDatabase(this.url)
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  async shutDown(): Promise<void> {
    await this.end('SIGINT')
  }

  async restart(): Promise<void> {
    if (this.server !== null) return
    const until = performance.now() + START_LIMIT_MS
    for (;;) {
      const failure = await this.launch()
      if (failure === null) return
      // The backends of a killed server go a moment after it, and only then may another one have the folder.
      const isStillHeld = failure.includes('pre-existing shared memory block')
      if (!isStillHeld || performance.now() > until) throw new Error(failure)
      await pause(100)
    }
  }

  async stop(): Promise<void> {
    process.removeListener('exit', this.endAtExit)
    await this.end('SIGINT') // "fast": cuts open connections instead of waiting for them
    rmSync(this.folder, { recursive: true, force: true })
  }

  private async end(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    const server = this.server
    this.server = null
    if (server === null || server.exitCode !== null || server.signalCode !== null) return
    const gone = once(server, 'exit')
    server.kill(signal)
    await gone
  }

  /** Gives null when the server accepts connections, otherwise why it does not. */
  private async launch(): Promise<string | null> {
    const settings = {
      port: this.port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: 200,
      fsync: 'on',
      // Far from UTC on purpose: a pool that forgets to set its time zone shows itself at once.
      timezone: 'Asia/Shanghai',
      lc_messages: 'C', // the line that tells "ready" is read below
    }
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = spawn(join(this.binaries, 'postgres'), ['-D', join(this.folder, 'data'), ...args], {
      ...this.owner,
      cwd: this.folder,
      // Ctrl-C is for us, who end it when nobody needs it any more.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.server = server
    const failure = await waitUntilReady(server)
    if (failure !== null) await this.end('SIGKILL')
    return failure
  }
}

function waitUntilReady(server: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    let said = ''
    const timer = setTimeout(
      () => resolve(`PostgreSQL did not start within ${START_LIMIT_MS} ms: ${said}`),
      START_LIMIT_MS,
    )
    const settle = (failure: string | null): void => {
      clearTimeout(timer)
      resolve(failure)
    }
    // Read for as long as the server lives: a full pipe would block its logging, and with it every backend.
    server.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4_000)
      if (said.includes(READY_LINE)) settle(null)
    })
    server.once('error', (error) => settle(`PostgreSQL could not be started: ${error.message}`))
    server.once('exit', () => settle(`PostgreSQL ended at its start: ${said}`))
  })
}

/** PostgreSQL refuses to run as root: then the distribution's own user for it is taken. */
function clusterOwner(): Owner {
  if (process.getuid?.() !== 0) return {}
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('postgres:'))
  const [, , uid, gid] = line?.split(':') ?? []
  if (uid === undefined || gid === undefined)
    throw new Error('PostgreSQL does not run as root, and there is no user "postgres"')
  return { uid: Number(uid), gid: Number(gid) }
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no TCP port could be had on 127.0.0.1')
  return address.port
}
