// 2,000 viewers that wait, then 200 texts at once with 10 viewers each. The provider, the viewers and the server are
// processes of their own. LOAD_MINUTES makes it shorter, for trying it out.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signUp, type Account } from '../support/account.ts'
import { startHeldProvider } from '../support/heldProviderProcess.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { openTestPostgres, type TestPostgres } from '../support/temporaryPostgres.ts'
import { costOf, type ProcessCost } from './load/processCost.ts'
import type { ViewersOrder, ViewersReport } from './load/viewers.ts'

const minutes = Number(process.env['LOAD_MINUTES'] ?? 5)
const idleViewers = 2_000
const tasks = 200
const viewersOfTask = 10
const tokensPerSecond = 10
/** Letting 2,000 in takes work that waiting does not. */
const settleSeconds = 10
const idleSeconds = 20
const sampleSeconds = 5
/** After the first quarter, beside the texts themselves, which are held while they are open. */
const growthMb = 150
/** V8 lets garbage lie while there is room: with little room, what grows is what is kept. */
const heapMb = 512

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await openTestPostgres()
})
afterAll(() => postgres?.stop())

const wholeServer = ['embedded, one process'] as const
const rolesOnPostgres = ['PostgreSQL, an api and a worker'] as const

test.each([wholeServer, rolesOnPostgres])(
  `L9 ${idleViewers} idle viewers, then ${tasks} tasks with ${viewersOfTask} viewers each: no gap, memory flat (%s)`,
  async (kind) => {
    await using stack = new AsyncDisposableStack()
    const tokens = Math.round(minutes * 60 * tokensPerSecond)
    const provider = stack.use(await startHeldProvider({ requests: tasks, tokens, tokensPerSecond }))
    const many = String(2 * tasks)
    const environment = {
      ...provider.environment,
      WORKER_SLOTS: many,
      QUEUE_LIMIT: many,
      VIEWERS_LIMIT: '5000',
      LOG_LEVEL: 'warn',
      NODE_OPTIONS: `--max-old-space-size=${heapMb}`,
    }
    const servers = await startServers(kind === wholeServer[0] ? null : await postgres.createDatabase(), environment)
    for (const { server } of servers) stack.use(server)
    const { url } = servers[0]!.server
    const account = await signUp(url)
    stack.defer(() => account.close())
    const viewers = startViewers()
    stack.defer(() => viewers.end())

    viewers.open({
      addresses: Array.from({ length: idleViewers }, () => `${url}/trpc/live.follow?input=%7B%7D`),
      account,
    })
    await viewers.until(({ opened }) => opened === idleViewers)
    await pause(settleSeconds * 1_000)
    await say(servers, 'idle', () => pause(idleSeconds * 1_000))

    const taskIds = await Promise.all(Array.from({ length: tasks }, (_, index) => createTask(account, index)))
    const addresses = taskIds.flatMap((taskId) => {
      const input = encodeURIComponent(JSON.stringify({ taskId }))
      return Array.from({ length: viewersOfTask }, () => `${url}/trpc/tasks.follow?input=${input}`)
    })
    viewers.open({ addresses, account, reads: true })
    await provider.begun
    const rssMb = servers.map((): number[] => [])
    await say(servers, `${tasks} tasks × ${viewersOfTask} viewers`, async () => {
      while ((await viewers.report()).ended < addresses.length) {
        await pause(sampleSeconds * 1_000)
        servers.forEach(({ server }, index) => rssMb[index]!.push(costOf(server.pid!).rssMb))
      }
    })
    const { faults, characters, open } = await viewers.report()
    console.log(`${characters} characters read by ${addresses.length} viewers; ${faults.length} faults`)
    rssMb.forEach((samples, index) => console.log(`${servers[index]!.name}: resident MB ${samples.join(' ')}`))
    expect(faults.slice(0, 5)).toEqual([])
    expect(open).toBeGreaterThanOrEqual(idleViewers)
    const page = await account.client.tasks.list.query({ status: 'completed', page: 1, pageSize: 1 })
    expect(page.total).toBe(tasks)
    for (const samples of rssMb)
      expect(Math.max(...samples) - samples[Math.floor(samples.length / 4)]!).toBeLessThan(growthMb)
  },
)

type Named = { name: string; server: ServerProcess }

async function startServers(databaseUrl: string | null, environment: Record<string, string>): Promise<Named[]> {
  if (databaseUrl === null) return [{ name: 'server', server: await startServerProcess({ environment }) }]
  const start = async (role: string): Promise<Named> => {
    const server = await startServerProcess({ databaseUrl, environment: { ...environment, ROLE: role } })
    return { name: role, server }
  }
  return [await start('api'), await start('worker')]
}

async function createTask({ client }: Account, index: number): Promise<string> {
  const { projectId } = await client.projects.create.mutate({ pipeline: 'story', input: { text: `Topic ${index}` } })
  const { taskId } = await client.tasks.create.mutate({ projectId, stages: ['rewrite'] })
  return taskId
}

/** Says what each process cost while `work` went on. */
async function say(servers: readonly Named[], what: string, work: () => Promise<unknown>): Promise<void> {
  const before = servers.map(({ server }) => costOf(server.pid!))
  const startedAt = performance.now()
  await work()
  const seconds = (performance.now() - startedAt) / 1_000
  servers.forEach(({ name, server }, index) => {
    const cost: ProcessCost = costOf(server.pid!)
    const share = (100 * (cost.cpuSeconds - before[index]!.cpuSeconds)) / seconds
    console.log(`${what}: ${name} ${share.toFixed(1)} % of a core over ${seconds.toFixed(0)} s, ${cost.rssMb} MB`)
  })
}

function startViewers() {
  const child: ChildProcess = fork(join(import.meta.dirname, 'load/viewers.ts'))
  const send = (order: ViewersOrder): void => void child.send(order)
  const report = async (): Promise<ViewersReport> => {
    send('report')
    const [answer] = (await once(child, 'message')) as [ViewersReport]
    return answer
  }
  return {
    open: ({ addresses, account, reads = false }: { addresses: string[]; account: Account; reads?: boolean }) =>
      send({ addresses, apiKey: account.apiKey, reads }),
    report,
    async until(isReached: (now: ViewersReport) => boolean): Promise<void> {
      for (let now = await report(); !isReached(now); now = await report()) {
        if (now.faults.length > 0) throw new Error(now.faults.slice(0, 3).join('\n'))
        await pause(200)
      }
    },
    async end(): Promise<void> {
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}
