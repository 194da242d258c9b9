import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'vitest'
import { openClusterRun, type Cluster, type ClusterOptions } from '../../support/clusterRun.ts'
import { createRandom } from '../../support/random.ts'
import type { StoryRun, StoryTask } from '../../support/storyRun.ts'
import { startTemporaryPostgres, type TemporaryPostgres } from '../../support/temporaryPostgres.ts'
import { countResets, type Watching } from '../../support/viewerRecord.ts'

const tokensPerSecond = 50
/** Texts of this pace end while the database is away, those of the other go on past it. */
const shortPace = { tokens: 90, tokensPerSecond }
/** An answer about a key is shared for a while. */
const keyBelievedMs = 2_500
const longPaceFor = (awayMs: number) => ({ tokens: (tokensPerSecond * (awayMs + 3_000)) / 1_000, tokensPerSecond })

export type DatabaseAway = Pick<ClusterOptions, 'environment' | 'seed'> & {
  /** How long it is away, each time. */
  awaysMs: readonly number[]
  /** Something carries text past the database, so that viewers must not notice. */
  hasRelay: boolean
}

/**
 * The database is shut down, or killed, while tasks run, and is back after a while. Nobody died: no text starts anew, and
 * the provider is asked once for each stage.
 */
export async function takeDatabaseAway({ awaysMs, hasRelay, seed, environment }: DatabaseAway): Promise<string[]> {
  const random = createRandom(seed)
  await using stack = new AsyncDisposableStack()
  const postgres = await startTemporaryPostgres()
  stack.defer(() => postgres.stop())
  const databaseUrl = await postgres.createDatabase()
  const options = { seed, databaseUrl, apis: 2, pace: shortPace, ...(environment && { environment }) }
  const run = stack.use(await openClusterRun(options))
  await run.server.startWorkers(2)
  for (const [index, awayMs] of awaysMs.entries()) {
    const end = index % 2 === 0 ? 'shutDown' : 'kill'
    await takeAwayOnce(run, postgres, { end, awayMs, hasRelay, afterLength: random.between(20, 160) })
  }
  return await run.stopAndCheck()
}

type Away = { end: 'shutDown' | 'kill'; awayMs: number; hasRelay: boolean; afterLength: number }

async function takeAwayOnce(
  run: StoryRun<Cluster>,
  postgres: TemporaryPostgres,
  { end, awayMs, hasRelay, afterLength }: Away,
): Promise<void> {
  run.provider.setPace(shortPace)
  const short = await Promise.all([createWatched(run), createWatched(run)])
  run.provider.setPace(longPaceFor(awayMs))
  const long = await Promise.all([createWatched(run, ['rewrite']), createWatched(run, ['rewrite'])])
  // Of the stages that are to come.
  run.provider.setPace(shortPace)
  const viewers = [...short, ...long].flatMap((task) => task.viewers)
  await Promise.all(viewers.map((viewer) => viewer.until((view) => lengthOf(view) >= afterLength)))

  await postgres[end]()
  const before = long.map((each) => lengthsOf(run, each))
  await pause(awayMs)
  if (awayMs > keyBelievedMs) await expectBusy(run)
  const meanwhile = long.map((each) => lengthsOf(run, each))
  await postgres.restart()
  await Promise.all(viewers.map((viewer) => viewer.finished))

  const grown = meanwhile.map(({ sent, shown }, index) => ({
    sent: sent - before[index]!.sent,
    shown: Math.min(...shown.map((length, viewer) => length - before[index]!.shown[viewer]!)),
  }))
  console.log(`${end}, ${awayMs} ms: meanwhile sent and shown ${JSON.stringify(grown)}`)
  // Half of what a quiet machine does in the time.
  const atLeast = (2 * tokensPerSecond * awayMs) / 1_000
  for (const { sent, shown } of grown) {
    expect(sent).toBeGreaterThanOrEqual(atLeast)
    if (hasRelay) expect(shown).toBeGreaterThanOrEqual(atLeast)
  }
  for (const { task, stages } of [...short, ...long]) expect(run.provider.requestsOf(task.marker)).toHaveLength(stages)
  for (const { record } of viewers) {
    expect(record.view?.end).toMatchObject({ status: 'completed' })
    expect(countResets(record)).toBe(0)
  }
}

/** Who cannot be looked up is no stranger: that would be an answer for good. */
async function expectBusy({ server, account }: StoryRun<Cluster>): Promise<void> {
  const projects = `${server.url}/trpc/projects.list?input=%7B%7D`
  for (const headers of [{ authorization: `Bearer ${account.apiKey}` }, { cookie: account.cookie }]) {
    const answer = await fetch(projects, { headers })
    expect(await answer.json()).toMatchObject({ error: { data: { httpStatus: 503, appCode: 'server.busy' } } })
  }
}

type Watched = { task: StoryTask; stages: number; viewers: Watching[] }

async function createWatched(run: StoryRun<Cluster>, stages?: readonly string[]): Promise<Watched> {
  const task = await run.createTask(stages)
  // Its pace is that of the moment its request comes.
  await run.provider.requestOf(task.marker)
  const viewers = run.server.apis.map(({ url }) => run.watch(task, run.account.clientOver('sse', url)))
  return { task, stages: stages?.length ?? 3, viewers }
}

function lengthsOf({ provider }: StoryRun, { task, viewers }: Watched): { sent: number; shown: number[] } {
  const sent = provider.requestsOf(task.marker).reduce((sum, { sentText }) => sum + sentText.length, 0)
  return { sent, shown: viewers.map(({ record }) => lengthOf(record.view)) }
}

function lengthOf(view: Watching['record']['view']): number {
  return view?.current?.text.length ?? 0
}
