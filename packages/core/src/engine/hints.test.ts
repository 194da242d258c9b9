import { afterEach, describe, expect, it } from 'vitest'
import type { Database, JobQueue, Tx } from '../ports.ts'
import type { Job } from '../ports/queue.ts'
import { createCuttableStorage } from '../testing/cuttableStorage.ts'
import { createScriptedModel } from '../testing/scriptedModel.ts'
import {
  actor,
  answer,
  closeAll,
  createGate,
  createStorage,
  open,
  reaches,
  setUp,
  statusOf,
  until,
} from './testing/setUp.ts'

afterEach(closeAll)

/** The queue, with a note of what was done with its jobs. */
function noting(queue: JobQueue, { fetched, completed }: { fetched?: Job[]; completed?: Job[] }): JobQueue {
  return {
    ...queue,
    async fetch(limit) {
      const jobs = await queue.fetch(limit)
      fetched?.push(...jobs)
      return jobs
    },
    async complete(job) {
      await queue.complete(job)
      completed?.push(job)
    },
  }
}

describe('hints', () => {
  it('E25 a hint that comes while the task is being looked at is not lost', async () => {
    const storage = createStorage()
    const gate = createGate()
    const fetched: Job[] = []
    const queue: JobQueue = {
      ...noting(storage.queue, { fetched }),
      async complete(job) {
        await gate.pass()
        await storage.queue.complete(job)
      },
    }
    const { engine, model, projectId, endOf } = await setUp({ storage: { ...storage, queue } })
    const first = await engine.create(actor, { projectId, stages: ['first'] })
    const call = await model.nextCall()
    // The second is looked at, found to stand behind the first, and its job is about to be completed.
    const second = await engine.create(actor, { projectId, stages: ['second'], input: { second: 'mine' } })
    await until(() => gate.isReached)
    answer(call, 'one')
    await endOf(first.taskId)
    await until(() => fetched.filter(({ taskId }) => taskId === second.taskId).length === 2)
    gate.open()
    answer(await model.nextCall(), 'two')
    expect((await endOf(second.taskId)).status).toBe('completed')
  })

  it('E26 a second hint for a task that runs elsewhere takes nothing from its worker', async () => {
    const storage = createStorage()
    const first = await setUp({ storage, settings: { workerSlots: 1 } })
    const { taskId } = await first.engine.create(actor, { projectId: first.projectId, stages: ['first'] })
    const call = await first.model.nextCall()
    await storage.database.transaction((tx) => tx.sendJob({ taskId, projectId: first.projectId }))
    const completed: Job[] = []
    const queue = noting(storage.queue, { completed })
    const other = await setUp({ storage: { ...storage, queue } })
    await until(() => completed.some((job) => job.taskId === taskId) || other.model.calls.length > 0)
    answer(call, 'one')
    expect(await first.endOf(taskId)).toMatchObject({ status: 'completed' })
    expect(other.model.calls).toHaveLength(0)
    expect((await storage.database.taskWithRewrites(taskId))!.rewrites[0]).toMatchObject({ attempt: 1, length: 3 })
  })

  it.each(['stops', 'dies'])(
    'E48 two hints of one task that are free again when their worker %s make one attempt',
    async (how) => {
      const storage = createStorage()
      const cut = createCuttableStorage(storage)
      const fetched: Job[] = []
      const former = await setUp({ storage: { ...cut, queue: noting(cut.queue, { fetched }) } })
      const { taskId } = await former.engine.create(actor, { projectId: former.projectId, stages: ['first'] })
      await former.model.nextCall()
      await storage.database.transaction((tx) => tx.sendJob({ taskId, projectId: former.projectId }))
      await until(() => fetched.length === 2)
      if (how === 'dies') {
        cut.hold()
        await storage.queue.releaseAll()
      } else await former.engine.stop()

      // One place each, so that each of the two takes one of the hints.
      const one = await setUp({ storage, settings: { workerSlots: 1 } })
      const call = await one.model.nextCall()
      const completed: Job[] = []
      const queue = noting(storage.queue, { completed })
      const two = await setUp({ storage: { ...storage, queue }, settings: { workerSlots: 1 } })
      await until(() => completed.length > 0 || two.model.calls.length > 0)
      cut.letThrough()
      expect(two.model.calls).toHaveLength(0)
      answer(call, 'one')
      await one.endOf(taskId)
      const attempts = (await storage.database.taskDetails(taskId))!.attempts.map(({ outcome }) => outcome)
      expect(attempts).toEqual([how === 'dies' ? 'superseded' : 'handedBack', 'completed'])
    },
  )

  it('E27 jobs fetched while the worker stops are given back before it has stopped', async () => {
    const storage = createStorage()
    const gate = createGate()
    const queue: JobQueue = {
      ...storage.queue,
      async fetch(limit) {
        const jobs = await storage.queue.fetch(limit)
        if (jobs.length > 0) await gate.pass()
        return jobs
      },
    }
    const { engine, projectId } = await setUp({ storage: { ...storage, queue } })
    const { taskId } = await engine.create(actor, { projectId, stages: ['first'] })
    await until(() => gate.isReached)
    const stopping = engine.stop()
    gate.open()
    await stopping
    expect(await storage.queue.fetch(1)).toMatchObject([{ taskId }])
  })

  it('E28 a task without stages is refused: it could never end', async () => {
    const { engine, projectId } = await setUp()
    await expect(engine.create(actor, { projectId, stages: [] })).rejects.toMatchObject({ code: 'input.invalid' })
  })

  it('E29 a project takes one running task and the limit behind it, no more', async () => {
    const { engine, model, projectId } = await setUp({ settings: { projectQueueLimit: 1 } })
    await engine.create(actor, { projectId, stages: ['first'] })
    await model.nextCall()
    await engine.create(actor, { projectId, stages: ['first'] })
    await expect(engine.create(actor, { projectId, stages: ['first'] })).rejects.toMatchObject({ code: 'queue.full' })
  })

  it('E30 the sweep goes on past a task that it can not mend', async () => {
    const storage = createStorage()
    const maker = await setUp({ storage, settings: { workerSlots: 0 } })
    const { projectId } = maker
    const broken = await maker.engine.create(actor, { projectId, stages: ['first'] })
    const sound = await maker.engine.create(actor, { projectId, stages: ['first'] })
    const database: Database = {
      ...storage.database,
      transaction: (work) =>
        storage.database.transaction((tx) =>
          work({ ...tx, task: (id) => (id === broken.taskId ? Promise.reject(new Error('A bug.')) : tx.task(id)) }),
        ),
    }
    const sweeper = open({
      provider: createScriptedModel(),
      storage: { ...storage, database },
      settings: { workerSlots: 0, queuedTimeoutMs: -1 },
    })
    await sweeper.engine.start({ nobodyElse: true })
    expect(await statusOf(maker, sound.taskId)).toBe('failed')
  })
})

describe('the time limit', () => {
  it('E46 does not run while a task waits for a review, nor while it then waits for its place', async () => {
    const limitMs = 300
    const setup = await setUp({ settings: { taskTimeoutMs: limitMs } })
    const { engine, model, projectId } = setup
    const reviewed = await engine.create(actor, { projectId, stages: ['first', 'second'], reviewEach: true })
    answer(await model.nextCall(), 'one')
    await reaches(setup, reviewed.taskId, 'waiting')
    const between = await engine.create(actor, { projectId, stages: ['third'], input: { third: 'mine' } })
    const call = await model.nextCall()
    await engine.resume(actor, reviewed.taskId)
    expect(await setup.endOf(between.taskId)).toMatchObject({ failure: { code: 'task.timeLimit' } })
    await call.aborted
    answer(await model.nextCall(), 'two')
    expect((await setup.endOf(reviewed.taskId)).status).toBe('completed')
  })
})

describe('thrift', () => {
  it('E45 a task of one stage costs its storage few statements, however long it runs', async () => {
    const storage = createStorage()
    const asked: string[] = []
    const count = <T extends object>(target: T, skipped: readonly string[]): T =>
      new Proxy(target, {
        get(object, name, receiver) {
          if (!skipped.includes(String(name))) asked.push(String(name))
          return Reflect.get(object, name, receiver) as unknown
        },
      })
    const database = count(
      {
        ...storage.database,
        transaction: <T>(work: (tx: Tx) => Promise<T>) => storage.database.transaction((tx) => work(count(tx, []))),
      },
      ['transaction', 'appendChunks', 'cancelRequested'],
    )
    const node = await setUp({ storage: { ...storage, database }, settings: { sweepEveryMs: 60_000 } })
    const { taskId } = await node.engine.create(actor, { projectId: node.projectId, stages: ['first'] })
    await node.model.nextCall().then((call) => {
      asked.splice(0, asked.indexOf('sendJob') + 1)
      answer(call, 'one')
    })
    await until(() => node.engine.runningCount() === 0)
    expect(asked.length).toBeLessThanOrEqual(22)
    expect((await storage.database.taskLook(taskId))!.task.status).toBe('completed')
  })
})
