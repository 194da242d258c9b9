// These tests wait for a lease to run out, which costs time and nothing else: they wait together.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Way } from '../../packages/db/src/testing/way.ts'
import { checkServerLog } from '../support/check/log.ts'
import { openClusterRun } from '../support/clusterRun.ts'
import { chooseSeed, createRandom } from '../support/random.ts'
import { startServerProcess } from '../support/serverProcess.ts'
import { openStoryRun } from '../support/storyRun.ts'
import { openTestPostgres, type TestPostgres } from '../support/temporaryPostgres.ts'
import { startTemporaryRedis } from '../support/temporaryRedis.ts'
import { counts } from './counts.ts'
import { chooseMoments, killDuringTask, lifePace } from './killDuringTask.ts'

const longPace = { tokens: 2_000, tokensPerSecond: 50 }
/** Longer than the database hangs, and little more. */
const hangPace = { tokens: 850, tokensPerSecond: 50 }
/** Code units that are written in 12 s: longer than a lease. */
const hangLength = 2_400
/** Long enough for the first server to wake up and write late while the second one writes. */
const secondPace = { tokens: 250, tokensPerSecond: 50 }

let postgres: TestPostgres
beforeAll(async () => {
  postgres = await openTestPostgres()
})
afterAll(() => postgres?.stop())

describe.concurrent('on PostgreSQL', () => {
  test(`O9 SIGKILL at ${counts.postgresKills} random moments: every task ends once, when the lease has run out`, async () => {
    const random = createRandom(chooseSeed('kills, PostgreSQL'))
    await using run = await openStoryRun({
      seed: random.seed,
      pace: lifePace,
      databaseUrl: await postgres.createDatabase(),
    })
    for (const momentMs of chooseMoments(counts.postgresKills, random)) await killDuringTask(run, random, momentMs)
    expect(await run.stopAndCheck()).toEqual([])
  })

  test('O10 a server that is paused past its lease and wakes up changes nothing: another goes on, and viewers see it', async () => {
    const databaseUrl = await postgres.createDatabase()
    await using run = await openStoryRun({ seed: chooseSeed('pauses'), pace: longPace, databaseUrl })
    const { server, provider, account } = run
    const task = await run.createTask(['rewrite'])
    const first = await provider.requestOf(task.marker)
    const onFirst = run.watch(task)
    await using other = await startServerProcess({ databaseUrl, environment: provider.environment })
    const onOther = run.watch(task, account.clientOver('sse', other.url))
    await onFirst.until((view) => (view.current?.text.length ?? 0) > 200)

    provider.setPace(secondPace)
    server.pause()
    const second = await provider.requestOf(task.marker, 1)
    await onOther.until((view) => view.current?.attempt === 2 && view.current.text.length > 40)
    const sentBeforeWaking = first.sentText.length
    server.resume()
    await first.closed
    await Promise.all([onFirst.finished, onOther.finished])

    expect(second.isClosed).toBe(true)
    expect(sentBeforeWaking).toBeGreaterThan(400)
    for (const { record } of [onFirst, onOther]) {
      expect(record.view?.end).toMatchObject({ status: 'completed' })
      expect(record.connections.flat().some(({ event }) => 'type' in event && event.type === 'reset')).toBe(true)
    }
    await other.kill('SIGTERM')
    expect(checkServerLog(other.output())).toEqual([])
    expect(await run.stopAndCheck()).toEqual([])
  })

  test('M10 with Redis, a worker that is paused past its lease and wakes up shows nothing more to viewers elsewhere', async () => {
    await using stack = new AsyncDisposableStack()
    const redis = await startTemporaryRedis()
    stack.defer(() => redis.stop())
    const environment = { REDIS_URL: redis.url }
    const databaseUrl = await postgres.createDatabase()
    const options = { seed: chooseSeed('pauses with Redis'), pace: longPace, databaseUrl, environment, apis: 1 }
    const run = stack.use(await openClusterRun(options))
    const { server, provider } = run
    await server.startWorkers(1)
    const task = await run.createTask(['rewrite'])
    const first = await provider.requestOf(task.marker)
    const watching = run.watch(task)
    await server.startWorkers(1)
    await watching.until((view) => (view.current?.text.length ?? 0) > 200)

    provider.setPace(secondPace)
    server.workers[0]!.pause()
    await provider.requestOf(task.marker, 1)
    await watching.until((view) => view.current?.attempt === 2 && view.current.text.length > 40)
    server.workers[0]!.resume()
    await first.closed
    await watching.finished

    const events = watching.record.connections.flat()
    const ofType = (type: string) => events.filter(({ event }) => 'type' in event && event.type === type)
    expect(watching.record.view?.end).toMatchObject({ status: 'completed' })
    expect(ofType('reset')).toHaveLength(1)
    // Figures come by Redis alone: both attempts were heard there.
    expect(ofType('figures').length).toBeGreaterThan(2)
    expect(await run.stopAndCheck()).toEqual([])
  })

  test('M13 a database that hangs for longer than a lease: the text goes on, and nobody takes it over', async () => {
    await using stack = new AsyncDisposableStack()
    const way = new Way(await postgres.createDatabase())
    stack.defer(() => way.cut())
    const databaseUrl = await way.open()
    const run = stack.use(await openStoryRun({ seed: chooseSeed('hangs'), pace: hangPace, databaseUrl }))
    const { provider, server } = run
    // Somebody who would take it over, but is not there to take it first.
    await using other = await startServerProcess({ databaseUrl, environment: provider.environment })
    other.pause()
    const task = await run.createTask(['rewrite'])
    const watching = run.watch(task)
    await watching.until((view) => (view.current?.text.length ?? 0) > 200)
    other.resume()
    const heldFrom = watching.record.view!.current!.text.length
    way.hold()
    await watching.until((view) => (view.current?.text.length ?? 0) > heldFrom + hangLength)
    way.release()
    await watching.finished

    expect(watching.record.view?.end).toMatchObject({ status: 'completed' })
    expect(provider.server.exchanges.filter(({ request }) => request.body.includes(task.marker))).toHaveLength(1)
    const { attempts } = await run.readRows()
    expect(attempts.map(({ attempt, outcome }) => ({ attempt, outcome }))).toEqual([
      { attempt: 1, outcome: 'completed' },
    ])
    expect(server.output()).toContain('The database is away')
    await other.kill('SIGTERM')
    expect(checkServerLog(other.output())).toEqual([])
    expect(await run.stopAndCheck()).toEqual([])
  })
})
