// Several processes on one PostgreSQL, as one machine or many would run them: some serve, some work.
import pg from 'pg'
import { startServerProcess, type ServerProcess } from './serverProcess.ts'
import { openRun, type Server, type StoryRun, type StoryRunOptions, type StoryTask } from './storyRun.ts'

export type ClusterOptions = StoryRunOptions & {
  databaseUrl: string
  /** The way of the processes to the database, where it is not the straight one of the checker. */
  processDatabaseUrl?: string
  apis: number
}

/** Each list has all that were ever started, also those that are gone. It begins without workers. */
export type Cluster = Server & {
  readonly apis: readonly ServerProcess[]
  readonly workers: readonly ServerProcess[]
  startApi(): Promise<ServerProcess>
  startWorker(): Promise<ServerProcess>
  startWorkers(count: number): Promise<void>
  /** The process that had the task last; waits until one has had it. */
  workerOf(task: Pick<StoryTask, 'taskId'>): Promise<ServerProcess>
}

/** Its account and its own client are at the first api. */
export function openClusterRun(options: ClusterOptions): Promise<StoryRun<Cluster>> {
  const { databaseUrl, processDatabaseUrl = databaseUrl } = options
  return openRun(options, async ({ environment, dataDir }) => {
    const apis: ServerProcess[] = []
    const workers: ServerProcess[] = []
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
    // Its connection may be idle while a test ends the server.
    pool.on('error', () => {})
    const start = async (list: ServerProcess[], own: Record<string, string>): Promise<ServerProcess> => {
      const started = await startServerProcess({ databaseUrl: processDatabaseUrl, dataDir, environment: own })
      list.push(started)
      return started
    }
    // An api asks no provider, and is told of none.
    const startApi = (): Promise<ServerProcess> => start(apis, { ...options.environment, ROLE: 'api' })
    const startWorker = (): Promise<ServerProcess> => start(workers, { ...environment, ROLE: 'worker' })
    const all = (): ServerProcess[] => [...apis, ...workers]
    const close = async (): Promise<void> =>
      void (await Promise.all([pool.end(), ...all().map((each) => each.close())]))
    try {
      await times(options.apis, startApi)
    } catch (error) {
      await close()
      throw error
    }
    return {
      url: apis[0]!.url,
      apis,
      workers,
      startApi,
      startWorker,
      startWorkers: (count) => times(count, startWorker),
      workerOf: ({ taskId }) => findWorker(pool, workers, taskId),
      output: () =>
        all()
          .map((each) => each.output())
          .join('\n'),
      async stop() {
        // The workers first: what they hand back or end, the apis still tell their viewers.
        await Promise.all(workers.map((worker) => worker.kill('SIGTERM')))
        await Promise.all(apis.map((api) => api.kill('SIGTERM')))
      },
      close,
    }
  })
}

/** All to their ends: one that fails must not leave another behind. */
async function times(count: number, start: () => Promise<unknown>): Promise<void> {
  const ends = await Promise.allSettled(Array.from({ length: count }, start))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** A worker says at its start by which id the attempts name it. */
async function findWorker(pool: pg.Pool, workers: readonly ServerProcess[], taskId: string): Promise<ServerProcess> {
  for (;;) {
    const { rows } = await pool.query<{ id: string }>(
      'SELECT worker_id AS id FROM attempts WHERE task_id = $1 ORDER BY attempt DESC LIMIT 1',
      [taskId],
    )
    const found = workers.find((worker) => rows[0] !== undefined && worker.output().includes(rows[0].id))
    if (found !== undefined) return found
  }
}
