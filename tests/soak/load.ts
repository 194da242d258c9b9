// A constant load: so many tasks run at any time, and viewers come, look for a while over one transport or another, and
// go, some of them in the middle of a text and some at its end.
import { setTimeout as pause } from 'node:timers/promises'
import type { Account } from '../support/account.ts'
import type { Random } from '../support/random.ts'

export type LoadOptions = {
  account: Account
  random: Random
  tasksAtOnce: number
  viewers: number
  signal: AbortSignal
}

export type LoadRecord = { tasks: number; visits: number; faults: string[] }

const transports = ['sse', 'webSocket', 'polling'] as const

/** Resolves when the signal has ended it and nothing of it is under way. */
export async function runLoad(options: LoadOptions): Promise<LoadRecord> {
  const record: LoadRecord = { tasks: 0, visits: 0, faults: [] }
  const running = new Map<string, string>()
  const writers = Array.from({ length: options.tasksAtOnce }, () => writeOn(options, record, running))
  const visitors = Array.from({ length: options.viewers }, () => visitOn(options, record, running))
  await Promise.all([...writers, ...visitors])
  return record
}

/** One task after another, each watched to its end by its own viewer. */
async function writeOn(
  { account, signal }: LoadOptions,
  record: LoadRecord,
  running: Map<string, string>,
): Promise<void> {
  const { client } = account
  while (!signal.aborted) {
    const { projectId } = await client.projects.create.mutate({ pipeline: 'story', input: { text: 'A soaked story.' } })
    const { taskId } = await client.tasks.create.mutate({ projectId, stages: ['rewrite'] })
    running.set(taskId, projectId)
    let status: string | undefined
    for await (const view of client.follow(taskId)) status = view.end?.status
    running.delete(taskId)
    record.tasks += 1
    if (status !== 'completed') record.faults.push(`Task ${taskId} ended as ${status}.`)
  }
}

async function visitOn(
  { account, random, signal }: LoadOptions,
  record: LoadRecord,
  running: Map<string, string>,
): Promise<void> {
  const clients = transports.map((transport) => account.clientOver(transport))
  while (!signal.aborted) {
    if (running.size === 0) {
      await pause(100)
      continue
    }
    const [taskId, projectId] = random.pick([...running])
    const lookMs = random.between(500, 4_500)
    const client = random.pick(clients)
    const leaving = AbortSignal.timeout(lookMs)
    const views =
      random.next() < 0.5
        ? client.follow(taskId, { signal: leaving })
        : client.followProject(projectId, { signal: leaving })
    let length = 0
    for await (const view of views) {
      const now = view.current?.text.length ?? 0
      if (now < length && view.current?.attempt === 1) record.faults.push(`Task ${taskId} got shorter for a viewer.`)
      length = now
    }
    record.visits += 1
  }
}
