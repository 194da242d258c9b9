import { afterEach, describe, expect, it } from 'vitest'
import { actor, answer, closeAll, createStorage, reaches, setUp, stageOf, statusOf } from './testing/setUp.ts'

afterEach(closeAll)

describe('changes while a task is at work', () => {
  it('E31 a stage locked before its turn ends the task there, once, with what was done', async () => {
    const setup = await setUp()
    const { engine, model, projectId, stages, endOf } = setup
    const { taskId } = await engine.create(actor, { projectId, stages: ['first', 'second', 'third'] })
    const call = await model.nextCall()
    await stages.lock(actor, { projectId, stage: 'second', locked: true })
    answer(call, 'one')
    expect(await endOf(taskId)).toMatchObject({
      status: 'failed',
      failure: { code: 'stage.locked' },
      rewrites: [{ ending: 'complete' }],
    })
    expect(model.calls).toHaveLength(1)
    expect((await stageOf(setup, 'first')).status).toBe('done')
    expect((await stageOf(setup, 'second')).status).toBe('ready')
    expect((await stageOf(setup, 'third')).status).toBe('ready')
  })

  it('E32 removing a project ends its tasks, and it can be undone', async () => {
    const setup = await setUp()
    const { engine, model, projectId, projects } = setup
    const running = await engine.create(actor, { projectId, stages: ['first'] })
    const call = await model.nextCall()
    call.send('kept')
    const queued = await engine.create(actor, { projectId, stages: ['second'], input: { second: 'mine' } })
    await projects.remove(actor, projectId)
    await call.aborted
    await reaches(setup, running.taskId, 'cancelled')
    expect(await statusOf(setup, queued.taskId)).toBe('cancelled')
    await projects.undoRemove(actor, projectId)
    expect((await stageOf(setup, 'first')).status).toBe('stopped')
    expect((await stageOf(setup, 'second')).status).toBe('ready')
    const again = await engine.create(actor, { projectId, stages: ['first'] })
    answer(await model.nextCall(), 'new')
    expect((await setup.endOf(again.taskId)).status).toBe('completed')
  })

  it('E33 a task that is met in a removed project is ended, not left to be looked at for ever', async () => {
    const storage = createStorage()
    const maker = await setUp({ storage, settings: { workerSlots: 0 } })
    const { taskId } = await maker.engine.create(actor, { projectId: maker.projectId, stages: ['first'] })
    await storage.database.transaction(async (tx) => tx.updateProject(maker.projectId, { removedAt: await tx.now() }))
    await setUp({ storage })
    expect(await reaches(maker, taskId, 'cancelled')).toBe(true)
  })

  it('E34 a queued stage is freed though another task has it behind itself', async () => {
    const setup = await setUp()
    const { engine, model, projectId } = setup
    const long = await engine.create(actor, { projectId, stages: ['first', 'second'] })
    answer(await model.nextCall(), 'one')
    const call = await model.nextCall()
    const again = await engine.create(actor, { projectId, stages: ['first', 'second'] })
    expect((await stageOf(setup, 'first')).status).toBe('queued')
    await engine.cancel(actor, again.taskId)
    expect((await stageOf(setup, 'first')).status).toBe('done')
    expect((await stageOf(setup, 'second')).status).toBe('running')
    answer(call, 'two')
    expect((await setup.endOf(long.taskId)).status).toBe('completed')
  })

  it('E35 of two tasks in review each keeps its own stage waiting', async () => {
    const setup = await setUp()
    const { engine, model, projectId } = setup
    const one = await engine.create(actor, { projectId, stages: ['first', 'second'], reviewEach: true })
    answer(await model.nextCall(), 'one')
    await reaches(setup, one.taskId, 'waiting')
    const two = await engine.create(actor, { projectId, stages: ['second', 'third'], reviewEach: true })
    answer(await model.nextCall(), 'two')
    await reaches(setup, two.taskId, 'waiting')
    expect((await stageOf(setup, 'third')).status).toBe('waiting')
    await engine.resume(actor, one.taskId)
    expect((await stageOf(setup, 'third')).status).toBe('waiting')
    answer(await model.nextCall(), 'two again')
    await setup.endOf(one.taskId)
    await engine.cancel(actor, two.taskId)
    expect((await stageOf(setup, 'third')).status).toBe('ready')
  })

  it('E36 a cancelled task that was queued for a stage in review leaves it waiting', async () => {
    const setup = await setUp()
    const { engine, model, projectId } = setup
    const one = await engine.create(actor, { projectId, stages: ['first', 'second'], reviewEach: true })
    answer(await model.nextCall(), 'one')
    await reaches(setup, one.taskId, 'waiting')
    const blocker = await engine.create(actor, { projectId, stages: ['first'] })
    const call = await model.nextCall()
    const two = await engine.create(actor, { projectId, stages: ['second'] })
    await engine.cancel(actor, two.taskId)
    expect((await stageOf(setup, 'second')).status).toBe('waiting')
    answer(call, 'one again')
    await setup.endOf(blocker.taskId)
    await engine.cancel(actor, one.taskId)
    expect((await stageOf(setup, 'second')).status).toBe('ready')
  })
})
