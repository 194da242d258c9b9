// Several processes on one PostgreSQL, as one machine or many would run them: some serve, some work.
import { startServerProcess, type ServerProcess } from './serverProcess.ts'
import { openRun, type Server, type StoryRun, type StoryRunOptions } from './storyRun.ts'

export type ClusterOptions = StoryRunOptions & { databaseUrl: string; apis: number }

export type Cluster = Server & {
  readonly apis: readonly ServerProcess[]
  readonly workers: readonly ServerProcess[]
  /** It begins with none. */
  startWorkers(count: number): Promise<void>
}

/** Its account and its own client are at the first api. */
export function openClusterRun(options: ClusterOptions): Promise<StoryRun<Cluster>> {
  return openRun(options, async ({ environment, dataDir }) => {
    const apis: ServerProcess[] = []
    const workers: ServerProcess[] = []
    const start = async (list: ServerProcess[], own: Record<string, string>): Promise<void> => {
      list.push(await startServerProcess({ databaseUrl: options.databaseUrl, dataDir, environment: own }))
    }
    const startAll = async (list: ServerProcess[], count: number, own: Record<string, string>): Promise<void> => {
      const ends = await Promise.allSettled(Array.from({ length: count }, () => start(list, own)))
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    }
    const close = async (): Promise<void> => void (await Promise.all([...apis, ...workers].map((each) => each.close())))
    try {
      // An api asks no provider, and is told of none.
      await startAll(apis, options.apis, { ...options.environment, ROLE: 'api' })
    } catch (error) {
      await close()
      throw error
    }
    return {
      url: apis[0]!.url,
      apis,
      workers,
      startWorkers: (count) => startAll(workers, count, { ...environment, ROLE: 'worker' }),
      output: () => [...apis, ...workers].map((each) => each.output()).join('\n'),
      async stop() {
        // The workers first: what they hand back or end, the apis still tell their viewers.
        await Promise.all(workers.map((worker) => worker.kill('SIGTERM')))
        await Promise.all(apis.map((api) => api.kill('SIGTERM')))
      },
      close,
    }
  })
}
