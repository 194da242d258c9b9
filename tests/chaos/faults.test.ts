// Faults of processes and of what they stand on. Most of the time is spent waiting, so in the short form they wait
// together; in the long one, where times are measured, each has the machine for itself. What takes several leases or
// many processes is in the long form alone.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chooseSeed } from '../support/random.ts'
import { openTestPostgres, type TestPostgres } from '../support/temporaryPostgres.ts'
import { startTemporaryRedis, type TemporaryRedis } from '../support/temporaryRedis.ts'
import { counts, isFull } from './counts.ts'
import { takeDatabaseAway } from './faults/databaseAway.ts'
import { killWorkers } from './faults/killWorkers.ts'
import { loseAnswers } from './faults/lostAnswers.ts'
import { pauseWorkers } from './faults/pauseWorkers.ts'
import { poisonTask } from './faults/poisonTask.ts'
import { breakRedis } from './faults/redisFaults.ts'
import { rollRestart } from './faults/rollingRestart.ts'

let postgres: TestPostgres
let redis: TemporaryRedis
beforeAll(async () => {
  postgres = await openTestPostgres()
  redis = await startTemporaryRedis()
})
afterAll(async () => {
  await Promise.all([postgres?.stop(), redis?.stop()])
})

const suite = isFull ? describe : describe.concurrent
const longForm = isFull ? [null] : []

suite('the database', () => {
  const ways: [name: string, hasRelay: boolean][] = [['with Redis', true]]
  if (isFull) ways.push(['without Redis', false])
  test.each(ways)(
    'N4 away while tasks run, %s: the provider is asked once a stage, and nothing starts anew',
    async (name, hasRelay) => {
      const found = await takeDatabaseAway({
        seed: chooseSeed(`the database away, ${name}`),
        environment: hasRelay ? { REDIS_URL: redis.url } : {},
        awaysMs: counts.awaysMs,
        hasRelay,
      })
      expect(found).toEqual([])
    },
  )

  test(`N5 ${counts.lostAnswers} connections cut after a statement or COMMIT was done: each is done once, and nothing is lost`, async () => {
    const databaseUrl = await postgres.createDatabase()
    const options = { seed: chooseSeed('lost answers'), databaseUrl, cuts: counts.lostAnswers }
    expect(await loseAnswers(options)).toEqual([])
  })
})

suite('processes', () => {
  test.each(longForm)(
    'N3 a task that no worker survives ends as failed after three crashes; hand-backs do not count',
    async () => {
      const databaseUrl = await postgres.createDatabase()
      expect(await poisonTask({ seed: chooseSeed('a poison task'), databaseUrl })).toEqual([])
    },
  )

  const kills: [count: number, name: string, hasRedis: boolean][] = [
    [counts.workerKillsWithRedis, 'PostgreSQL and Redis', true],
  ]
  if (isFull) kills.push([counts.workerKills, 'PostgreSQL', false])
  test.each(kills)(
    'N1 %i workers killed, one a task, on %s: each task goes on elsewhere and ends once',
    async (count, name, hasRedis) => {
      const found = await killWorkers({
        seed: chooseSeed(`workers killed, ${name}`),
        databaseUrl: await postgres.createDatabase(),
        environment: hasRedis ? { REDIS_URL: redis.url } : {},
        kills: count,
        atOnce: Math.min(count, 5),
      })
      expect(found).toEqual([])
    },
  )

  test(`N2 ${counts.workerPauses} workers paused past their lease: each is fenced when it wakes, and changes nothing`, async () => {
    const databaseUrl = await postgres.createDatabase()
    const environment = { REDIS_URL: redis.url }
    const options = { seed: chooseSeed('workers paused'), databaseUrl, environment }
    expect(await pauseWorkers(options, counts.workerPauses)).toEqual([])
  })

  test(`N7 ${counts.rollingRestarts} rolling restarts under load: every task ends once, and no viewer waits beyond a second`, async () => {
    const databaseUrl = await postgres.createDatabase()
    const environment = { REDIS_URL: redis.url }
    const options = { seed: chooseSeed('a rolling restart'), databaseUrl, environment }
    expect(await rollRestart({ ...options, rounds: counts.rollingRestarts })).toEqual([])
  })
})

suite('Redis', () => {
  test(`N6 emptied, silent, cut off or killed ${counts.redisFaults} times: viewers may slow down, nothing is lost`, async () => {
    const databaseUrl = await postgres.createDatabase()
    const options = { seed: chooseSeed('Redis faults'), databaseUrl }
    expect(await breakRedis({ ...options, faults: counts.redisFaults, lastingMs: counts.redisFaultMs })).toEqual([])
  })
})
