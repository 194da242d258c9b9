import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { KnownTask } from '@stagewright/api'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTemporaryRedis, type TemporaryRedis } from '../../../../tests/support/temporaryRedis.ts'
import { createLog } from '../log.ts'
import { openRedis, type OpenRedis } from './openRedis.ts'

let server: TemporaryRedis
const opened: OpenRedis[] = []
const log = createLog('silent')

beforeAll(async () => {
  server = await startTemporaryRedis()
})
afterEach(() => opened.splice(0).forEach((redis) => redis.close()))
afterAll(() => server?.stop())

const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5))
}
const open = async (version = 'test'): Promise<OpenRedis> => {
  const redis = openRedis({ url: server.url, version, log })
  opened.push(redis)
  await until(() => redis.isReady())
  return redis
}
const asked = async <T>(question: (redis: Redis) => Promise<T>): Promise<T> => {
  const redis = new Redis(server.url)
  try {
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}
/** What matters here of a view: nobody else looks into it on its way. */
const known = (status: string): KnownTask => {
  const view = { id: randomUUID(), status, title: '题目', stages: [] } as unknown as KnownTask['view']
  return { view, workspaceId: randomUUID(), revision: 7 }
}
const keyOf = (task: KnownTask): string => `stagewright:task:test:${task.view.id}`

/** Puts an answer and waits until Redis has it. */
async function put({ shelf }: OpenRedis, task: KnownTask): Promise<void> {
  shelf.put(task.view.id, task)
  await until(() => asked(async (redis) => (await redis.exists(keyOf(task))) === 1))
}

describe('answers in Redis', () => {
  it('M15 are kept an hour while the task runs and a day once it has ended, and know their age', async () => {
    const [here, there] = [await open(), await open()]
    const [running, ended] = [known('running'), known('completed')]
    await put(here, running)
    await put(here, ended)
    for (const [task, keptMs] of [
      [running, 3_600_000],
      [ended, 24 * 3_600_000],
    ] as const) {
      const taken = await there.shelf.take(task.view.id)
      expect(taken?.known).toEqual(task)
      expect(taken?.ageMs).toBeGreaterThanOrEqual(0)
      expect(taken?.ageMs).toBeLessThan(10_000)
      const leftMs = await asked((redis) => redis.pttl(keyOf(task)))
      expect(leftMs).toBeGreaterThan(keptMs - 10_000)
      expect(leftMs).toBeLessThanOrEqual(keptMs)
    }
    await asked((redis) => redis.pexpire(keyOf(running), 3_600_000 - 5_000))
    expect((await there.shelf.take(running.view.id))?.ageMs).toBeGreaterThanOrEqual(5_000)
  })

  it('M15 are not taken from another version, nor what is none, nor what is kept for ever', async () => {
    const [here, other] = [await open(), await open('other')]
    const task = known('running')
    await put(here, task)
    expect(await other.shelf.take(task.view.id)).toBeNull()
    expect(await here.shelf.take(randomUUID())).toBeNull()
    const { id } = task.view
    const nonsense = ['', 'nonsense', '[]', '{}', JSON.stringify({ ...task, view: { ...task.view, id: randomUUID() } })]
    for (const text of nonsense) {
      await asked((redis) => redis.set(keyOf(task), text, 'PX', 3_600_000))
      expect(await here.shelf.take(id)).toBeNull()
    }
    await asked((redis) => redis.set(keyOf(task), JSON.stringify(task)))
    expect(await here.shelf.take(id)).toBeNull()
  })

  it('M12 keep nobody waiting when Redis is silent, and are used again when it speaks', async () => {
    const { shelf, isReady } = await open()
    const task = known('running')
    await put({ shelf } as OpenRedis, task)
    server.pause()
    try {
      const startMs = performance.now()
      for (let count = 0; count < 1_000; count += 1) {
        expect(await shelf.take(task.view.id)).toBeNull()
        shelf.put(task.view.id, task)
      }
      expect(performance.now() - startMs).toBeLessThan(2_500)
      await until(() => !isReady())
      expect(await shelf.take(task.view.id)).toBeNull()
    } finally {
      server.resume()
    }
    await until(async () => (await shelf.take(task.view.id)) !== null)
  })
})
