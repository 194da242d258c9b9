// `npm run cluster`: what compose.yaml describes, as processes of this machine: two that serve, two that run tasks, nginx
// before them, on one PostgreSQL and, where there is one, Redis. For trying out what happens when one of them is killed.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canListen, findFreePort } from '../tests/support/serverProcess.ts'
import { findNginx, findRedis, requireParts } from '../tests/support/systemParts.ts'
import { startTemporaryPostgres } from '../tests/support/temporaryPostgres.ts'
import { startTemporaryRedis } from '../tests/support/temporaryRedis.ts'
import { createCrew, type Crew } from './cluster/crew.ts'
import { configureNginx } from './cluster/nginx.ts'

const main = fileURLToPath(new URL('../apps/server/src/main.ts', import.meta.url))
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const stack = new AsyncDisposableStack()
const wish = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => wish.resolve())
try {
  const started = startCluster()
  // Ended in the middle of its start, it still ends what it has started.
  await Promise.race([started, wish.promise])
  await Promise.all([started.catch(() => undefined), wish.promise])
  await started
  say('Stopping: running tasks are handed back.')
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
} finally {
  await stack.disposeAsync()
}

async function startCluster(): Promise<void> {
  const databaseUrl = setting('DATABASE_URL')
  requireParts(databaseUrl === undefined ? ['nginx', 'PostgreSQL'] : ['nginx'], 'The cluster needs', say)
  const port = Number(setting('PORT') ?? 3000)
  if (!(await canListen(port))) throw new Error(`Port ${port} is taken: end what listens there, or set PORT.`)
  const folder = mkdtempSync(join(tmpdir(), 'stagewright-cluster-'))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const url = setting('PUBLIC_URL') ?? `http://127.0.0.1:${port}`
  const env = {
    ...process.env,
    HOST: '127.0.0.1',
    PUBLIC_URL: url,
    TRUSTED_PROXIES: '127.0.0.1',
    DATA_DIR: folder,
    DATABASE_URL: databaseUrl ?? (await openPostgres()),
    REDIS_URL: setting('REDIS_URL') ?? (await openRedis()),
    SECRET_KEY: setting('SECRET_KEY') ?? randomBytes(32).toString('hex'),
  }
  const crew = createCrew(say)
  const apis = [await findFreePort(), await findFreePort()] as const
  stack.defer(() => crew.stop(() => true))
  const start = (name: string, role: string, at: number): Promise<void> => {
    const own = { ...env, ROLE: role, PORT: String(at) }
    return crew.start({ name, program: process.execPath, args: [main], env: own, readyLine: /^Stagewright is ready: / })
  }
  // One alone first: it makes the tables.
  await start('api-1', 'api', apis[0])
  await Promise.all([
    start('api-2', 'api', apis[1]),
    start('worker-1', 'worker', await findFreePort()),
    start('worker-2', 'worker', await findFreePort()),
  ])
  // First of all: what they hand back or end, the apis still tell their viewers.
  stack.defer(() => crew.stop((name) => name.startsWith('worker')))
  await startNginx(crew, { folder, listen: port, apis })
  say(`The cluster is ready: ${url} (Ctrl-C ends it)`)
}

function setting(name: string): string | undefined {
  const value = process.env[name]
  return value === '' ? undefined : value
}

async function openPostgres(): Promise<string> {
  const postgres = await startTemporaryPostgres()
  stack.defer(() => postgres.stop())
  say('PostgreSQL is a temporary one, whose data ends with the cluster; DATABASE_URL names one that stays.')
  return postgres.createDatabase()
}

async function openRedis(): Promise<string> {
  if (findRedis() === null) {
    say('There is no Redis: live text goes from process to process when it is stored, four times a second.')
    return ''
  }
  const redis = await startTemporaryRedis()
  stack.defer(() => redis.stop())
  return redis.url
}

async function startNginx(crew: Crew, places: Parameters<typeof configureNginx>[0]): Promise<void> {
  const program = findNginx()
  if (program === null) throw new Error('The cluster needs nginx.')
  await crew.start({ name: 'nginx', program, args: configureNginx(places), env: process.env })
  await untilAnswered(`http://127.0.0.1:${places.listen}/health/ready`)
}

/** nginx says nothing when it is ready. */
async function untilAnswered(address: string): Promise<void> {
  const deadlineMs = performance.now() + 10_000
  for (;;) {
    const isReady = await fetch(address).then(
      (answer) => answer.ok,
      () => false,
    )
    if (isReady) return
    if (performance.now() > deadlineMs) throw new Error(`Nobody answers at ${address}.`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
