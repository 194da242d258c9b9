import type { Engine, Feed } from '@stagewright/core'
import type { LoadFigures } from '@stagewright/db'
import type { Instruments } from './instruments.ts'

/** What is read when somebody asks. */
export type Readable = {
  engine: Pick<Engine, 'runningCount'>
  feed: Pick<Feed, 'sizes'>
  slots: number
  viewers: { count(transport: 'sse' | 'webSocket'): number }
  loopDelayMs(): number
  readLoad(): Promise<LoadFigures>
}

type Readings = Omit<Readable, 'readLoad'> & { readLoad(): Promise<LoadFigures | null> }

/** Gauges that are read when somebody asks: what is returned brings them up to date. */
export function addReadings({ gauge }: Instruments, readings: Readings): () => Promise<void> {
  const { engine, feed, slots, viewers, loopDelayMs } = readings
  const live = {
    viewers: gauge('viewers', 'Live connections now.', ['transport']),
    running: gauge('worker_running', 'Tasks that run in this process.'),
    slots: gauge('worker_slots', 'Tasks that this process runs at most.'),
    loop: gauge('event_loop_delay_seconds', 'How late the event loop is, 90th percentile of the last half second.'),
    feed: gauge('feed_held', 'What the feed holds in memory.', ['what']),
  }
  const stored = createStored(gauge)
  const present = gauge('database_up', 'Whether the database answered this scrape.')
  return async () => {
    for (const transport of ['sse', 'webSocket'] as const) live.viewers.set({ transport }, viewers.count(transport))
    live.running.set(engine.runningCount())
    live.slots.set(slots)
    live.loop.set(loopDelayMs() / 1_000)
    for (const [what, size] of Object.entries(feed.sizes())) live.feed.set({ what }, size)
    const load = await readings.readLoad()
    present.set(load === null ? 0 : 1)
    if (load === null) stored.forget()
    else stored.show(load)
  }
}

/** What the whole installation has under way, as the database says. Unknown is nothing, not zero. */
function createStored(gauge: Instruments['gauge']) {
  const tasks = gauge('tasks', 'Tasks that are not over, in the whole installation.', ['state'])
  const jobs = gauge('queue_jobs', 'Hints in the queue, in the whole installation.', ['state'])
  const oldest = gauge('queue_oldest_seconds', 'Age of the oldest queued task.', ['of'])
  const wait = gauge('queue_wait_seconds', 'How long the tasks that run now waited for their first claim.', [
    'quantile',
  ])
  return {
    show(load: LoadFigures): void {
      for (const [state, count] of Object.entries(load.tasks)) tasks.set({ state }, count)
      for (const [state, count] of Object.entries(load.jobs)) jobs.set({ state }, count)
      oldest.set({ of: 'all' }, load.oldestQueuedSeconds)
      wait.set({ quantile: '0.5' }, load.waitOfRunning.median)
      wait.set({ quantile: '1' }, load.waitOfRunning.most)
    },
    forget(): void {
      for (const each of [tasks, jobs, oldest, wait]) each.reset()
    },
  }
}
