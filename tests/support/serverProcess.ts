// The real server as a process of its own, which a test may kill, pause and start again on the same port and folder.
//
// Guarantee: nothing of it outlives close(), or the process of the test.
// States: down -> (starting -> up -> down)* -> closed.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { prepareFolder } from '../../apps/server/src/testing/preparedFolder.ts'
import { atExit } from './atExit.ts'

const MAIN = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url))
/** Ends the server when the process of the test is gone, however that ended. */
const ORPHAN_GUARD =
  'data:text/javascript,const parent = process.ppid; setInterval(() => process.ppid === parent || process.exit(1), 500).unref()'
/** A start costs half as much when its sources are not compiled anew, and tests start many. */
const COMPILED = fileURLToPath(new URL('../../node_modules/.cache/compiled', import.meta.url))
const READY = /^Stagewright is ready: (\S+)$/m
const START_LIMIT_MS = 60_000
/** Below the ports that systems give to outgoing connections: one of those could take ours while the server is down. */
const PORTS = { first: 15_000, last: 32_000 }
/** Everything a server reads from its surroundings, so that those of the test do not reach it. */
const UNSET = [
  'ROLE',
  'DATABASE_URL',
  'REDIS_URL',
  'SECRET_KEY',
  'PUBLIC_URL',
  'ALLOWED_ORIGINS',
  'TRUSTED_PROXIES',
  'OPENAI_BASE_URL',
  'OPENAI_API_KEY',
  'OPENAI_MODEL',
]

export type ServerProcessOptions = {
  environment?: Readonly<Record<string, string>>
  /** Without one the database is embedded in the folder. */
  databaseUrl?: string
  /** A folder that exists already and is not removed at the end. */
  dataDir?: string
  port?: number
}

/** How a process ended, `afterMs` after what ended it. */
export type Exit = { code: number | null; signal: NodeJS.Signals | null; afterMs: number }

export type ServerProcess = {
  readonly url: string
  readonly port: number
  readonly dataDir: string
  readonly pid: number | undefined
  /** All that was printed since the beginning, by every process of it. */
  output(): string
  /** Settles when it is ready. Throws with its words when it ends instead. */
  start(): Promise<void>
  /** Starts it and waits for its end instead: for starts that must fail. */
  startAndEnd(): Promise<Exit & { said: string }>
  /** Ends it by a signal (SIGKILL) and waits until it is gone. */
  kill(signal?: NodeJS.Signals): Promise<Exit>
  pause(): void
  resume(): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A server that is not started yet, on a free port and, unless one is given, a folder of its own. */
export async function createServerProcess(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const port = options.port ?? (await findFreePort())
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'stagewright-chaos-'))
  const env = environmentOf(options, { port, dataDir })
  let child: ChildProcess | null = null
  let output = ''

  const takeBack = atExit(() => {
    child?.kill('SIGKILL')
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
  })

  const launch = (): { started: ChildProcess; said: () => string } => {
    if (child !== null) throw new Error(`The server on port ${port} is running already.`)
    const from = output.length
    const started = spawn(process.execPath, ['--import', ORPHAN_GUARD, MAIN], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    child = started
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (output += text))
    started.once('exit', () => {
      if (child === started) child = null
    })
    return { started, said: () => output.slice(from) }
  }
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<Exit> => {
    const startedAt = performance.now()
    if (child === null) return { code: null, signal: null, afterMs: 0 }
    const gone = once(child, 'close')
    child.kill(signal)
    const [code, by] = (await gone) as [number | null, NodeJS.Signals | null]
    return { code, signal: by, afterMs: performance.now() - startedAt }
  }
  const close = async (): Promise<void> => {
    takeBack()
    await kill()
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true })
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    dataDir,
    get pid() {
      return child?.pid
    },
    output: () => output,
    start() {
      const { started, said } = launch()
      return untilReady(started, said)
    },
    async startAndEnd() {
      const startedAt = performance.now()
      const { started, said } = launch()
      const [code, signal] = (await once(started, 'close')) as [number | null, NodeJS.Signals | null]
      return { code, signal, afterMs: performance.now() - startedAt, said: said() }
    },
    kill,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** A server that is up. In a folder of its own it is not the first one, unless `isFirst` says so. */
export async function startServerProcess({
  isFirst = false,
  ...options
}: ServerProcessOptions & { isFirst?: boolean } = {}): Promise<ServerProcess> {
  const server = await createServerProcess(options)
  try {
    if (!isFirst && options.dataDir === undefined && options.databaseUrl === undefined)
      await prepareFolder(server.dataDir)
    await server.start()
    return server
  } catch (error) {
    await server.close()
    throw error
  }
}

function environmentOf(
  options: ServerProcessOptions,
  { port, dataDir }: { port: number; dataDir: string },
): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    NODE_COMPILE_CACHE: COMPILED,
    // Set to nothing rather than left out: a developer's .env file fills in only what is not set.
    ...Object.fromEntries(UNSET.map((name) => [name, ''])),
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: dataDir,
    LOG_LEVEL: 'info',
    CALLS_PER_HOUR: '1000000',
    TASKS_AT_ONCE: '1000',
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl, SECRET_KEY: 'c'.repeat(64) }),
    ...options.environment,
  }
}

function untilReady(started: ChildProcess, said: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      settle()
      reject(new Error(`The server ${why}: ${said()}`))
    }
    const onExit = (): void => fail('ended at its start')
    const onData = (): void => {
      if (!READY.test(said())) return
      settle()
      resolve()
    }
    const timer = setTimeout(() => fail(`was not ready within ${START_LIMIT_MS} ms`), START_LIMIT_MS)
    const settle = (): void => {
      clearTimeout(timer)
      started.off('close', onExit)
      started.stdout?.off('data', onData)
    }
    started.once('close', onExit)
    started.stdout?.on('data', onData)
  })
}

/** A port of 127.0.0.1 that nobody listens on now. */
export async function findFreePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * (PORTS.last - PORTS.first))
    if (await canListen(port)) return port
  }
}

/** Whether nobody listens there now. */
export function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
