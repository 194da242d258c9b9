import { afterEach, describe, expect, it } from 'vitest'
import { DatabaseUnavailable, type Database, type JobQueue } from '../ports.ts'
import { createScriptedModel } from '../testing/scriptedModel.ts'
import { actor, answer, closeAll, createGate, createStorage, open, setUp, stageOf, until } from './testing/setUp.ts'

afterEach(closeAll)

describe('a stop that races', () => {
  it('E37 the end of a stage: the task is cancelled, whatever was to come next', async () => {
    for (const reviewEach of [true, false]) {
      const storage = createStorage()
      const gate = createGate()
      const database: Database = {
        ...storage.database,
        async appendChunks(writes) {
          await gate.pass()
          return storage.database.appendChunks(writes)
        },
      }
      const setup = await setUp({ storage: { ...storage, database } })
      const { engine, model, projectId } = setup
      const { taskId } = await engine.create(actor, { projectId, stages: ['first', 'second'], reviewEach })
      answer(await model.nextCall(), 'whole')
      await until(() => gate.isReached)
      await engine.cancel(actor, taskId)
      gate.open()
      expect(await setup.endOf(taskId)).toMatchObject({ status: 'cancelled' })
      expect((await storage.database.taskWithRewrites(taskId))!.rewrites.map((rewrite) => rewrite.stageKey)).toEqual([
        'first',
      ])
      expect((await stageOf(setup, 'second')).status).toBe('ready')
    }
  })

  it('E38 the claim: no call is made, and the task ends as cancelled', async () => {
    const storage = createStorage()
    let cancel: (() => Promise<unknown>) | null = null
    const database: Database = {
      ...storage.database,
      async transaction(work) {
        let hasClaimed = false
        const result = await storage.database.transaction((tx) =>
          work({ ...tx, insertAttempt: (attempt) => ((hasClaimed = true), tx.insertAttempt(attempt)) }),
        )
        // Committed, but the worker has not heard of it yet.
        if (hasClaimed) await cancel?.()
        return result
      },
    }
    const setup = await setUp({ storage: { ...storage, database }, settings: { workerSlots: 0 } })
    const { taskId } = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['first'] })
    const node = open({ provider: setup.model, storage: { ...storage, database } })
    cancel = () => ((cancel = null), node.engine.cancel(actor, taskId))
    await node.engine.start({ nobodyElse: false })
    expect(await node.endOf(taskId)).toMatchObject({ status: 'cancelled' })
    expect((await storage.database.taskDetails(taskId))!.calls).toEqual([])
  })

  it('E39 a provider that does not hang up: neither the task nor the worker waits for it', async () => {
    let isCalled = false
    const setup = await setUp({
      provider: {
        async *stream() {
          yield { type: 'sent', providerId: 'deaf', providerName: 'Deaf', model: 'deaf-1' }
          yield { type: 'text', text: 'kept' }
          isCalled = true
          await new Promise(() => {})
          return { type: 'aborted' }
        },
      },
    })
    const { taskId } = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['first'] })
    await until(() => isCalled)
    await setup.engine.cancel(actor, taskId)
    expect(await setup.endOf(taskId)).toMatchObject({
      status: 'cancelled',
      rewrites: [{ length: 4, ending: 'stopped' }],
    })
    expect((await setup.database.taskLook(taskId))!.task.attempt).toBe(1)
    await setup.engine.stop()
    expect(setup.engine.runningCount()).toBe(0)
  })

  it('E40 half a character: the stored text is what came before it', async () => {
    const setup = await setUp()
    const { engine, model, projectId } = setup
    const { taskId } = await engine.create(actor, { projectId, stages: ['first'] })
    const call = await model.nextCall()
    call.send('kept \ud83d')
    await until(async () =>
      (await setup.database.taskWithRewrites(taskId))!.rewrites.some((rewrite) => rewrite.length === 5),
    )
    await engine.cancel(actor, taskId)
    await setup.endOf(taskId)
    expect(await setup.lastText(projectId, 'first')).toBe('kept ')
  })
})

describe('a database that answers badly', () => {
  it('E41 commits text and loses the answer: the stream is still ours and goes on', async () => {
    const storage = createStorage()
    let isCut = false
    const database: Database = {
      ...storage.database,
      async appendChunks(writes) {
        const written = await storage.database.appendChunks(writes)
        if (isCut) return written
        isCut = true
        throw new DatabaseUnavailable('Cut after COMMIT.')
      },
    }
    const setup = await setUp({ storage: { ...storage, database } })
    const { engine, model, projectId } = setup
    const { taskId } = await engine.create(actor, { projectId, stages: ['first'] })
    const call = await model.nextCall()
    call.send('before ')
    await until(() => isCut)
    answer(call, 'and after')
    expect(await setup.endOf(taskId)).toMatchObject({ status: 'completed' })
    expect(await setup.lastText(projectId, 'first')).toBe('before and after')
    expect((await database.taskWithRewrites(taskId))!.rewrites[0]!.spans).toEqual([{ attempt: 1, from: 0 }])
  })

  // The claim, the end of the first stage with the begin of the second, and the end of the task.
  it.each([1, 2, 3])(
    'E47 commits the %i. transaction of a worker and loses the answer: the same worker goes on at once',
    async (lost) => {
      const storage = createStorage()
      let count = 0
      let isWorking = false
      const database: Database = {
        ...storage.database,
        async transaction(work) {
          const done = await storage.database.transaction(work)
          if (isWorking && ++count === lost) throw new DatabaseUnavailable('Cut after COMMIT.')
          return done
        },
      }
      const queue: JobQueue = {
        ...storage.queue,
        fetch: async (limit) => (isWorking ? storage.queue.fetch(limit) : []),
      }
      const setup = await setUp({ storage: { database, queue } })
      const { engine, model, projectId } = setup
      const { taskId } = await engine.create(actor, { projectId, stages: ['first', 'second'] })
      isWorking = true
      answer(await model.nextCall(), 'one')
      answer(await model.nextCall(), 'two')
      expect(await setup.endOf(taskId)).toMatchObject({ status: 'completed' })
      expect(await setup.lastText(projectId, 'first')).toBe('one')
      expect(await setup.lastText(projectId, 'second')).toBe('two')
      const { task, attempts } = (await storage.database.taskDetails(taskId))!
      expect(task.crashes).toBe(0)
      expect(attempts.map(({ outcome }) => outcome)).toEqual(lost === 3 ? ['completed'] : ['superseded', 'completed'])
      expect(model.calls).toHaveLength(2)
    },
  )

  it('E47 hands the task back when it is told to stop while it finds out', async () => {
    const storage = createStorage()
    let turn = Number.NaN
    const stopping = Promise.withResolvers<void>()
    const database: Database = {
      ...storage.database,
      async transaction(work) {
        const mine = ++turn
        if (mine === 2) stopping.resolve(setup.engine.stop())
        const done = await storage.database.transaction(work)
        if (mine === 1) throw new DatabaseUnavailable('Cut after COMMIT.')
        return done
      },
    }
    const setup = await setUp({ storage: { ...storage, database } })
    const { engine, model, projectId } = setup
    const { taskId } = await engine.create(actor, { projectId, stages: ['first', 'second'] })
    const call = await model.nextCall()
    turn = 0
    answer(call, 'one')
    await stopping.promise

    const other = await setUp({ storage })
    answer(await other.model.nextCall(), 'two')
    expect(await other.endOf(taskId)).toMatchObject({ status: 'completed' })
    const { task, attempts } = (await storage.database.taskDetails(taskId))!
    expect(task.crashes).toBe(0)
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['handedBack', 'completed'])
  })

  it('E42 is away when a call begins: the call waits for it', async () => {
    const storage = createStorage()
    let refusals = 2
    const database: Database = {
      ...storage.database,
      async insertCall(call) {
        if (refusals-- > 0) throw new DatabaseUnavailable('Away.')
        await storage.database.insertCall(call)
      },
    }
    const setup = await setUp({ storage: { ...storage, database } })
    const { taskId } = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['first'] })
    answer(await setup.model.nextCall(), 'one')
    expect(await setup.endOf(taskId)).toMatchObject({ status: 'completed' })
    expect((await storage.database.taskLook(taskId))!.task.attempt).toBe(1)
  })

  it('E43 refuses the end for no known reason: the worker lets go of the text, and the next attempt ends the task', async () => {
    const storage = createStorage()
    let isRefusing = false
    const database: Database = {
      ...storage.database,
      transaction: (work) => (isRefusing ? Promise.reject(new Error('A bug.')) : storage.database.transaction(work)),
    }
    const queue: JobQueue = { ...storage.queue, fetch: async (limit) => (isRefusing ? [] : storage.queue.fetch(limit)) }
    const first = await setUp({ storage: { database, queue }, feedOptions: { graceMs: 1 } })
    const { taskId } = await first.engine.create(actor, { projectId: first.projectId, stages: ['first'] })
    const call = await first.model.nextCall()
    isRefusing = true
    answer(call, 'lost')
    await until(() => first.engine.runningCount() === 0 && first.feed.sizes().tails === 0)
    const second = createScriptedModel()
    const other = open({ provider: second, storage })
    await other.engine.start({ nobodyElse: true })
    answer(await second.nextCall(), 'whole text')
    expect(await other.endOf(taskId)).toMatchObject({ status: 'completed', rewrites: [{ length: 10 }] })
  })
})

describe('usage', () => {
  it('E44 of text whose worker is gone is estimated and counted', async () => {
    const storage = createStorage()
    const first = await setUp({ storage, pipeline: 'book' })
    const { taskId } = await first.engine.create(actor, { projectId: first.projectId, stages: ['chapters'] })
    const one = await first.model.nextCall()
    answer(one, 'a chapter of some length. ')
    await first.model.nextCall()
    await first.engine.stop()
    const maker = open({ provider: createScriptedModel(), storage, settings: { cancelGraceMs: 1 } })
    await maker.engine.cancel(actor, taskId)
    const end = await maker.endOf(taskId)
    expect(end).toMatchObject({ status: 'cancelled', usage: { estimated: true } })
    expect(end.usage.completionTokens).toBeGreaterThan(3)
  })
})
