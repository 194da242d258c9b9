/**
 * The figures of this process for Prometheus. Guarantees: what is counted where it happens costs an addition; what only
 * the database knows is read when somebody asks, at most every 5 s and for at most 2 s, and its absence is a figure too.
 */
import type { Database, FeedPublisher, ProviderPort } from '@stagewright/core'
import { rememberAnswers } from '../accounts/rememberAnswers.ts'
import type { PlaceEvents } from '../live/viewerPlaces.ts'
import { createInstruments } from './instruments.ts'
import { addReadings, type Readable } from './readings.ts'
import { createTextArrivals } from './textArrivals.ts'
import { watchCalls } from './watchCalls.ts'
import { watchTasks } from './watchTasks.ts'
import { watchViewers } from './watchViewers.ts'

const believedMs = 5_000
/** What a scrape waits for the database. */
export const loadWithinMs = 2_000

export type Metrics = {
  watchCalls(provider: ProviderPort): ProviderPort
  watchTasks(database: Database): Database
  watchText(feed: FeedPublisher): FeedPublisher
  places: PlaceEvents
  /** Adds what is read when asked for. */
  read(parts: Readable): void
  contentType: string
  text(): Promise<string>
}

export function createMetrics(): Metrics {
  const instruments = createInstruments()
  const arrivals = createTextArrivals()
  let refresh = async (): Promise<void> => {}
  return {
    watchCalls: (provider) => watchCalls(provider, instruments),
    watchTasks: (database) => watchTasks(database, instruments),
    watchText: (feed) => arrivals.watch(feed),
    places: watchViewers(instruments, arrivals),
    read(parts) {
      const load = rememberAnswers(believedMs, () => within(loadWithinMs, parts.readLoad()))
      refresh = addReadings(instruments, { ...parts, readLoad: () => load.ask('load', undefined) })
    },
    contentType: instruments.register.contentType,
    async text() {
      await refresh()
      return instruments.register.metrics()
    },
  }
}

/** Null when it failed or took too long: a scrape says that, and all the rest. */
async function within<T>(limitMs: number, answer: Promise<T>): Promise<T | null> {
  const { promise, resolve } = Promise.withResolvers<null>()
  const timer = setTimeout(() => resolve(null), limitMs)
  try {
    return await Promise.race([answer.catch(() => null), promise])
  } finally {
    clearTimeout(timer)
  }
}
