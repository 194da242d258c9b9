// A real server, a provider that is not ours, a user and viewers: what the chaos tests do their damage to.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@stagewright/client'
import type { FeedOptions } from '@stagewright/core'
import { openDatabase } from '@stagewright/db'
import pg from 'pg'
import { readClockMs } from '../../apps/server/src/providers/testing/index.ts'
import { openServer } from '../../apps/server/src/testing/openServer.ts'
import { prepareFolder } from '../../apps/server/src/testing/preparedFolder.ts'
import { signUp, type Account } from './account.ts'
import { checkRun } from './checkRun.ts'
import { readRunRows, type RunRows } from './runRows.ts'
import { startServerProcess, type ServerProcess } from './serverProcess.ts'
import { createMarker, startStoryProvider, type StoryPace, type StoryProvider } from './storyProvider.ts'
import { watchTask, type ViewerRecord, type Watching } from './viewerRecord.ts'

export type StoryRunOptions = {
  seed: number
  pace: StoryPace
  /** Without one the database is embedded. */
  databaseUrl?: string
  environment?: Record<string, string>
}

/** A task that was acknowledged, and how its requests are known at the provider. */
export type StoryTask = { taskId: string; projectId: string; marker: string }

export type StoryProject = Omit<StoryTask, 'taskId'>

export type Creating = {
  idempotencyKey?: string
  /** Another than the account's own. */
  client?: Client
}

/** What a run needs of its server. */
export type Server = { readonly url: string; output(): string; stop(): Promise<unknown>; close(): Promise<void> }

export type StoryRun<S extends Server = Server> = {
  readonly server: S
  readonly provider: StoryProvider
  readonly account: Account
  createTask(stages?: readonly string[]): Promise<StoryTask>
  /** A project of its own, for who wants to be there before anything happens in it. */
  createProject(client?: Client): Promise<StoryProject>
  createTaskIn(project: StoryProject, stages: readonly string[], options?: Creating): Promise<StoryTask>
  /** Follows it with a client of the product; what comes is part of what is checked. */
  watch(task: StoryTask, client?: Client): Watching
  /** What other viewers received, to be checked too. */
  addViewers(records: readonly ViewerRecord[]): void
  /** The rows as they are now. The embedded database can only be read while the server is down. */
  readRows(): Promise<RunRows>
  /** Stops the server and says all that is not as it must be. */
  stopAndCheck(): Promise<string[]>
  [Symbol.asyncDispose](): Promise<void>
}

export type ProcessRun = StoryRun<ServerProcess & Server>

export const allStages = ['rewrite', 'storyboard', 'camera']

/** On a server that is a process of its own. */
export function openStoryRun(options: StoryRunOptions): Promise<ProcessRun> {
  return openRun(options, async ({ environment, dataDir }) => {
    const { databaseUrl } = options
    const server = await startServerProcess({
      environment,
      dataDir,
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
    })
    return Object.assign(server, { stop: () => server.kill('SIGTERM') })
  })
}

/** On the real server in this process, with its feed fed as the test wants. Embedded. */
export function openStoryRunHere(
  options: Omit<StoryRunOptions, 'databaseUrl'> & { feedOptions?: FeedOptions },
): Promise<StoryRun> {
  return openRun(options, async ({ environment, dataDir }) => {
    const limits = { CALLS_PER_HOUR: '1000000', TASKS_AT_ONCE: '1000' }
    const { feedOptions } = options
    const server = await openServer({
      environment: { ...limits, ...environment },
      dataDir,
      ...(feedOptions === undefined ? {} : { feedOptions }),
    })
    return { url: server.url, output: () => server.logged().join('\n'), stop: server.close, close: server.close }
  })
}

type Place = { environment: Record<string, string>; dataDir: string }

/** With its server, or several, started as the test wants. */
export async function openRun<S extends Server>(
  options: StoryRunOptions,
  start: (place: Place) => Promise<S>,
): Promise<StoryRun<S>> {
  await using stack = new AsyncDisposableStack()
  const provider = await startStoryProvider(options.seed, options.pace)
  stack.defer(() => provider.close())
  const dataDir = mkdtempSync(join(tmpdir(), 'stagewright-chaos-'))
  stack.defer(() => rmSync(dataDir, { recursive: true, force: true }))
  if (options.databaseUrl === undefined) await prepareFolder(dataDir)
  const server = await start({ environment: { ...provider.environment, ...options.environment }, dataDir })
  stack.defer(() => server.close())
  const account = await signUp(server.url)
  const watchings: Watching[] = []
  stack.defer(async () => {
    for (const watching of watchings) watching.stop()
    await Promise.allSettled(watchings.map((watching) => watching.finished))
    account.close()
  })
  const { databaseUrl } = options
  const readRows = (): Promise<RunRows> => (databaseUrl === undefined ? readFolder(dataDir) : readServer(databaseUrl))
  const others: ViewerRecord[] = []
  const taskIds: string[] = []
  const createTaskIn: StoryRun['createTaskIn'] = async (project, stages, creating = {}) => {
    const { client = account.client, idempotencyKey } = creating
    const { projectId } = project
    const { taskId } = await client.tasks.create.mutate({ projectId, stages: [...stages], idempotencyKey })
    taskIds.push(taskId)
    return { ...project, taskId }
  }
  const opened = stack.move()
  return {
    server,
    provider,
    account,
    createProject: (client = account.client) => createProject(client),
    createTaskIn,
    createTask: async (stages = allStages) => createTaskIn(await createProject(account.client), stages),
    watch({ taskId }, client = account.client) {
      const watching = watchTask(client, taskId, `${watchings.length + 1}`)
      watchings.push(watching)
      return watching
    },
    addViewers: (records) => void others.push(...records),
    readRows,
    async stopAndCheck() {
      const requestsReadAtMs = readClockMs()
      const requests = provider.log()
      await server.stop()
      const viewers = [...watchings.map((watching) => watching.record), ...others]
      const secrets = {
        'the key of the provider': provider.apiKey,
        'the password': account.password,
        'the API key': account.apiKey,
      }
      return checkRun({
        rows: await readRows(),
        requests,
        requestsReadAtMs,
        viewers,
        taskIds,
        log: server.output(),
        secrets,
      })
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

async function createProject(client: Client): Promise<StoryProject> {
  const marker = createMarker()
  const { projectId } = await client.projects.create.mutate({
    pipeline: 'story',
    input: { text: `A story of ${marker}.` },
  })
  return { projectId, marker }
}

async function readFolder(dataDir: string): Promise<RunRows> {
  const database = await openDatabase({ dataDir })
  try {
    return await readRunRows(database.pool)
  } finally {
    await database.close()
  }
}

async function readServer(databaseUrl: string): Promise<RunRows> {
  const client = new pg.Client({ connectionString: databaseUrl, options: '-c timezone=UTC' })
  await client.connect()
  try {
    return await readRunRows(client)
  } finally {
    await client.end()
  }
}
