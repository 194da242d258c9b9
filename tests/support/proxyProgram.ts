// A reverse proxy as a child process, with a configuration and a folder of its own.
//
// Guarantee: nothing of it outlives stop(), or the process of the test.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const START_LIMIT_MS = 30_000

export interface RunningProxy {
  /** All that it has said. */
  output(): string
  stop(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface ProxyProgram {
  name: string
  path: string
  /** Writes what it needs into its empty folder; gives its arguments and surroundings. */
  prepare(folder: string): { args: string[]; environment?: Record<string, string> }
  /** What it says once it listens. */
  readyLine: string
}

/** Throws with the program's own words when it does not start. */
export async function startProxyProgram({ name, path, prepare, readyLine }: ProxyProgram): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), `stagewright-${name}-${process.pid}-`))
  const { args, environment } = prepare(folder)
  const env = { PATH: process.env['PATH'], HOME: folder, ...environment }
  const child = spawn(path, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-20_000)))
  const endAtExit = (): void => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', endAtExit)
  const stop = async (): Promise<void> => {
    process.removeListener('exit', endAtExit)
    await kill(child)
    rmSync(folder, { recursive: true, force: true })
  }
  const failure = await untilReady(child, () => said.includes(readyLine))
  if (failure !== null) {
    await stop()
    throw new Error(`${name} ${failure}: ${said}`)
  }
  return { output: () => said, stop, [Symbol.asyncDispose]: stop }
}

async function kill(child: ChildProcess): Promise<void> {
  // Without a process id it never began.
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Gives null when it listens, otherwise why it does not. */
function untilReady(child: ChildProcess, isReady: () => boolean): Promise<string | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(`did not start within ${START_LIMIT_MS} ms`), START_LIMIT_MS)
    const settle = (failure: string | null): void => {
      clearTimeout(timer)
      resolve(failure)
    }
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', () => isReady() && settle(null))
    child.once('error', (error) => settle(`could not be started (${error.message})`))
    child.once('exit', () => settle('ended at its start'))
  })
}
