import { afterEach, describe, expect, it } from 'vitest'
import type { AppError } from '../errors.ts'
import { actor, closeAll, given, setUp, stageOf, type Setup } from './testing/setUp.ts'

afterEach(closeAll)

describe('a task', () => {
  it('E1 runs its stages in order, each on the text of the one before, and ends once', async () => {
    const setup = await setUp()
    const { engine, model, projectId } = setup
    const { taskId } = await engine.create(actor, { projectId, stages: 'rest' })
    for (const [index, input] of ['a topic', 'one', 'two'].entries()) {
      const call = await model.nextCall()
      expect(given(call)).toEqual([input, null, []])
      call.send(['one', 'two', 'three'][index]!)
      call.finish('stop', { promptTokens: 5, completionTokens: 1, estimated: false })
    }
    const end = await setup.endOf(taskId)
    expect(end).toMatchObject({
      status: 'completed',
      failure: null,
      usage: { promptTokens: 15, completionTokens: 3, estimated: false },
    })
    expect(end.rewrites.map(({ stage, ending }) => [stage, ending])).toEqual([
      ['first', 'complete'],
      ['second', 'complete'],
      ['third', 'complete'],
    ])
    expect(await setup.lastText(projectId, 'third')).toBe('three')
    expect((await stageOf(setup, 'third')).status).toBe('done')
  })

  it('E2 takes an instruction with the present text and the earlier instructions in order', async () => {
    const { engine, model, projectId, endOf } = await setUp()
    const runs = [undefined, 'shorter', 'at night']
    const sent = [
      ['a topic', null, []],
      ['a topic', 'text 0', ['shorter']],
      ['a topic', 'text 1', ['shorter', 'at night']],
    ]
    for (const [index, instruction] of runs.entries()) {
      const { taskId } = await engine.create(actor, { projectId, stages: ['first'], instruction })
      const call = await model.nextCall()
      expect(given(call)).toEqual(sent[index])
      call.send(`text ${index}`)
      call.finish()
      await endOf(taskId)
    }
  })

  it('E3 is made once for one idempotency key, however often it is asked for', async () => {
    const { engine, database, projectId } = await setUp({ settings: { workerSlots: 1 } })
    const request = { projectId, stages: ['first'], idempotencyKey: 'k' }
    const answers = await Promise.all(Array.from({ length: 100 }, () => engine.create(actor, request)))
    expect(new Set(answers.map((answer) => answer.taskId)).size).toBe(1)
    expect(
      (await database.listTasks({ workspaceIds: await database.workspacesOf('anna'), page: 1, pageSize: 50 })).total,
    ).toBe(1)
    await expect(engine.create(actor, { ...request, instruction: 'other' })).rejects.toMatchObject({
      code: 'idempotency.conflict',
    })
  })

  it('E4 waits behind the one that runs in its project, first in, first out', async () => {
    const { engine, model, projectId, endOf } = await setUp()
    const tasks = []
    for (const instruction of ['1', '2', '3'])
      tasks.push(await engine.create(actor, { projectId, stages: ['first'], instruction }))
    for (const [index, { taskId }] of tasks.entries()) {
      const call = await model.nextCall()
      expect(model.calls).toHaveLength(index + 1)
      expect((given(call) as unknown[])[2]).toContain(String(index + 1))
      call.send('x')
      call.finish()
      expect((await endOf(taskId)).status).toBe('completed')
    }
  })

  it('E5 is refused with the time to try again when its queue is full, or its calls are spent', async () => {
    const { engine, model, projectId, endOf } = await setUp({ settings: { projectQueueLimit: 1, callsPerHour: 1 } })
    const { taskId } = await engine.create(actor, { projectId, stages: ['first'] })
    const call = await model.nextCall()
    const refusal = await engine.create(actor, { projectId, stages: ['first'] }).catch((error: unknown) => error)
    expect(refusal).toMatchObject({ code: 'limit.callsPerHour' })
    expect((refusal as AppError).params.retryAfterMs).toBeGreaterThan(3_500_000)
    call.finish('stop')
    await endOf(taskId)
  })
})

describe('a review', () => {
  it('E13 occupies nothing, and the next stage takes the text current when it is resumed', async () => {
    const setup = await setUp()
    const { engine, model, projectId, stages, endOf } = setup
    const { taskId } = await engine.create(actor, { projectId, stages: ['first', 'second'], reviewEach: true })
    const call = await model.nextCall()
    call.send('draft')
    call.finish()
    await statusOf(setup, taskId, 'waiting')
    expect(engine.runningCount()).toBe(0)
    const base = (await stageOf(setup, 'first')).currentRewriteId
    await stages.edit(actor, { projectId, stage: 'first', text: 'edited', baseRewriteId: base })
    await engine.resume(actor, taskId)
    const next = await model.nextCall()
    expect(given(next)).toEqual(['edited', null, []])
    next.send('done')
    next.finish()
    expect((await endOf(taskId)).status).toBe('completed')
  })
})

describe('stages between runs', () => {
  it('E14 refuse what would be lost: an edit over a newer version, any change while they are written', async () => {
    const setup = await setUp()
    const { engine, model, projectId, stages, endOf } = setup
    const first = await stages.edit(actor, { projectId, stage: 'first', text: 'mine', baseRewriteId: null })
    await expect(
      stages.edit(actor, { projectId, stage: 'first', text: 'late', baseRewriteId: null }),
    ).rejects.toMatchObject({ code: 'stage.changed' })
    const { taskId } = await engine.create(actor, { projectId, stages: ['first'] })
    const call = await model.nextCall()
    await expect(stages.restore(actor, first)).rejects.toMatchObject({ code: 'stage.busy' })
    call.send('new')
    call.finish()
    await endOf(taskId)
    await stages.restore(actor, first)
    expect(await setup.lastText(projectId, 'first')).toBe('mine')
    expect((await stages.versions(actor, { projectId, stage: 'first' })).map((version) => version.summary)).toEqual([
      '4 characters',
      '3 characters',
      '4 characters',
    ])
    await stages.lock(actor, { projectId, stage: 'first', locked: true })
    await expect(engine.create(actor, { projectId, stages: ['first'] })).rejects.toMatchObject({ code: 'stage.locked' })
  })

  it('E24 of a project in which nothing has happened yet are shown to who follows it', async () => {
    const { feed, projectId } = await setUp()
    const [first] = await feed.pollProject({ projectId, signal: new AbortController().signal })
    expect(first!.event).toMatchObject({
      type: 'state',
      state: { stages: [{ key: 'first', status: 'ready' }, {}, {}] },
    })
  })

  it('E15 belong to their workspace: for everybody else they do not exist', async () => {
    const { engine, projects, stages, projectId } = await setUp()
    const stranger = { userId: 'boris' }
    const { taskId } = await engine.create(actor, { projectId, stages: ['first'] })
    const tries = [
      projects.get(stranger, projectId),
      engine.create(stranger, { projectId, stages: ['first'] }),
      engine.cancel(stranger, taskId),
      engine.retry(stranger, taskId),
      stages.versions(stranger, { projectId, stage: 'first' }),
    ]
    for (const attempt of tries) await expect(attempt).rejects.toMatchObject({ code: 'notFound' })
    await engine.cancel(actor, taskId)
  })
})

async function statusOf({ database }: Setup, taskId: string, status: string): Promise<void> {
  while ((await database.taskLook(taskId))!.task.status !== status)
    await new Promise((resolve) => setImmediate(resolve))
}
