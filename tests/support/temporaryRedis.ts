// A Redis of its own for a test: on a free port of 127.0.0.1, in memory alone, with a password.
//
// Guarantee: nothing of it outlives stop(), or the process of the test; where that was killed, the next start ends it.
// States: started -> (killed -> started | paused -> started)* -> stopped.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { removeLeftovers } from './leftovers.ts'
import { findRedis } from './systemParts.ts'

const READY_LINE = 'Ready to accept connections'
const START_LIMIT_MS = 30_000
const PORT_TRIES = 5
const FOLDER_PREFIX = 'stagewright-redis-'
const PID_FILE = 'redis.pid'

export interface TemporaryRedis {
  readonly url: string
  readonly password: string
  /** SIGKILL; settles when it is gone. */
  kill(): Promise<void>
  /** Starts the killed one again, on the same port, empty. */
  restart(): Promise<void>
  /** A black hole: it accepts connections (the kernel does) and never answers. */
  pause(): void
  resume(): void
  /** FLUSHALL. */
  flush(): Promise<void>
  stop(): Promise<void>
}

/** Throws with the server's own words when it does not start. */
export async function startTemporaryRedis(): Promise<TemporaryRedis> {
  const program = findRedis()
  if (program === null) throw new Error('Redis 7 or Valkey is not installed; install it or set REDIS_SERVER_PATH')
  removeLeftovers({ prefix: FOLDER_PREFIX, pidFile: PID_FILE })
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`))
  const password = `planted-${crypto.randomUUID()}`
  let child: ChildProcess | null = null
  let port = 0
  const endAtExit = (): void => {
    child?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', endAtExit)

  const launch = async (): Promise<string | null> => {
    const settings = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--requirepass', password]
    // Detached, because Ctrl-C is for us, who end it when nobody needs it any more.
    const files = ['--save', '', '--appendonly', 'no', '--pidfile', join(folder, PID_FILE)]
    child = spawn(program, [...settings, ...files], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const failure = await untilReady(child)
    if (failure !== null) await kill()
    return failure
  }
  const kill = async (): Promise<void> => {
    const ending = child
    child = null
    if (ending === null || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = once(ending, 'exit')
    ending.kill('SIGKILL')
    await gone
  }
  const stop = async (): Promise<void> => {
    process.removeListener('exit', endAtExit)
    await kill()
    rmSync(folder, { recursive: true, force: true })
  }

  for (let tries = 1; ; tries++) {
    port = await findFreePort()
    const failure = await launch()
    if (failure === null) break
    if (tries === PORT_TRIES) {
      await stop()
      throw new Error(failure)
    }
  }
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    password,
    kill,
    async restart() {
      const failure = await launch()
      if (failure !== null) throw new Error(failure)
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    flush: () => flush(port, password),
    stop,
  }
}

/** Gives null when it accepts connections, otherwise why it does not. */
function untilReady(server: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    let said = ''
    const timer = setTimeout(() => resolve(`Redis did not start within ${START_LIMIT_MS} ms: ${said}`), START_LIMIT_MS)
    const settle = (failure: string | null): void => {
      clearTimeout(timer)
      resolve(failure)
    }
    for (const stream of [server.stdout, server.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-4_000)
        if (said.includes(READY_LINE)) settle(null)
      })
    }
    server.once('error', (error) => settle(`Redis could not be started: ${error.message}`))
    server.once('exit', () => settle(`Redis ended at its start: ${said}`))
  })
}

/** Below the ports that systems give to outgoing connections: one of those could take it while Redis is down. */
async function findFreePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 5_000)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}

/** Throws with Redis' words when it refuses. */
async function flush(port: number, password: string): Promise<void> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.write(`AUTH ${password}\r\nFLUSHALL\r\nQUIT\r\n`)
  let said = ''
  for await (const piece of socket) said += piece as string
  if (said !== '+OK\r\n+OK\r\n+OK\r\n') throw new Error(`Redis did not flush: ${said}`)
}
