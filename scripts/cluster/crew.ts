// The processes of the cluster: what they say is shown with their names before it, and one that ends is started again.
//
// Guarantee: after stop() none of them runs, and none is started.
// A process: started -> ready -> (ended unasked -> started again after a pause)* -> told to end -> ended.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

const againAfterMs = 1_000
/** A server ends by itself within ten seconds. */
const killAfterMs = 12_000

export type Member = {
  name: string
  program: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  /** A line of its own that tells that it is ready; it is not shown. Without one it is ready at once. */
  readyLine?: RegExp
}

export type Crew = {
  /** Settles when it is ready. Rejects when it ends before it was ready for the first time. */
  start(member: Member): Promise<void>
  /** Ends these, all at once. */
  stop(isMeant: (name: string) => boolean): Promise<void>
}

export function createCrew(say: (line: string) => void): Crew {
  const running = new Map<string, ChildProcess>()
  const waiting = new Map<string, NodeJS.Timeout>()
  const told = new Set<string>()

  const run = (member: Member): Promise<void> => {
    const { name, program, args, env, readyLine } = member
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    // Detached, because Ctrl-C in a terminal is for us: we end them in their order.
    const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    running.set(name, child)
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (readyLine?.test(line) === true) resolve()
        else say(`${name} | ${line}`)
      })
    }
    if (readyLine === undefined) child.once('spawn', () => resolve())
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      running.delete(name)
      reject(new Error(`${name} ended at its start (${signal ?? code}).`))
    })
    return promise
  }
  const keep = (member: Member): void => {
    const { name } = member
    running.get(name)?.once('exit', (code, signal) => {
      if (told.has(name)) return
      say(`${name} ended (${signal ?? code}) and is started again.`)
      const again = (): void => {
        void run(member).catch((error: Error) => say(error.message))
        keep(member)
      }
      waiting.set(name, setTimeout(again, againAfterMs))
    })
  }
  return {
    async start(member) {
      await run(member)
      keep(member)
    },
    async stop(isMeant) {
      const meant = [...new Set([...running.keys(), ...waiting.keys()])].filter(isMeant)
      for (const name of meant) {
        told.add(name)
        clearTimeout(waiting.get(name))
      }
      await Promise.all(meant.flatMap((name) => running.get(name) ?? []).map(end))
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  await gone
  clearTimeout(timer)
}
