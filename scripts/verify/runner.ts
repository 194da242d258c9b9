import { spawn, type ChildProcess } from 'node:child_process'

/** Runs one program at a time and ends it when we are told to end. */
export interface Runner {
  /** What every program gets as its environment; may be added to between programs. */
  readonly env: Record<string, string | undefined>
  /** Runs our own Node with `args` in `folder`, sharing our output; gives the exit code (1 when a signal ended it). */
  run(args: readonly string[], folder: string): Promise<number>
  /** Whether a signal has asked us to end; nothing new should be started then. */
  isInterrupted(): boolean
}

export function createRunner(settings: Record<string, string>): Runner {
  const env = { ...process.env, ...settings }
  let running: ChildProcess | null = null
  let isInterrupted = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      isInterrupted = true
      running?.kill(signal)
    })
  }
  return {
    env,
    isInterrupted: () => isInterrupted,
    run: (args, folder) =>
      new Promise((resolve, reject) => {
        running = spawn(process.execPath, args, { cwd: folder, env, stdio: 'inherit' })
        running.once('error', reject)
        running.once('exit', (code) => {
          running = null
          resolve(code ?? 1)
        })
      }),
  }
}
