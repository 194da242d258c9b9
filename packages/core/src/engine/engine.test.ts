import { afterEach, describe, expect, it } from 'vitest'
import type { AppError } from '../errors.ts'
import { openProgram, type OpenProgram, type ProgramOptions } from '../testing/openProgram.ts'
import { createScriptedModel, type ScriptedModel } from '../testing/scriptedModel.ts'

const actor = { userId: 'anna' }
const opened: OpenProgram[] = []

afterEach(async () => {
  await Promise.all(opened.splice(0).map((program) => program.close()))
})

type Setup = OpenProgram & { model: ScriptedModel; projectId: string }

async function setUp(options: Partial<ProgramOptions> & { pipeline?: string } = {}): Promise<Setup> {
  const model = createScriptedModel()
  const program = openProgram({ provider: model, ...options })
  opened.push(program)
  await program.engine.start({ nobodyElse: false })
  const { projectId } = await program.projects.create(actor, {
    pipeline: options.pipeline ?? 'three',
    input: { text: 'a topic' },
  })
  return { ...program, model, projectId }
}

async function stageOf({ database, projectId }: Setup, key: string) {
  const look = await database.projectLook(projectId)
  return look!.stages.find((stage) => stage.key === key)!
}

const given = (call: { request: { messages: readonly { content: string }[] } }): unknown =>
  JSON.parse(call.request.messages[0]!.content)

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

describe('a stop', () => {
  it('E6 hangs up on the provider, keeps the text and ends as cancelled', async () => {
    const setup = await setUp()
    const { engine, model, projectId } = setup
    const { taskId } = await engine.create(actor, { projectId, stages: ['first', 'second'] })
    const call = await model.nextCall()
    call.send('kept ')
    call.send('text')
    await engine.cancel(actor, taskId)
    await call.aborted
    expect(await setup.endOf(taskId)).toMatchObject({
      status: 'cancelled',
      rewrites: [{ stage: 'first', ending: 'stopped' }],
    })
    expect(call.sent().startsWith(await setup.lastText(projectId, 'first'))).toBe(true)
    expect((await stageOf(setup, 'first')).status).toBe('stopped')
    expect((await stageOf(setup, 'second')).status).toBe('ready')
    expect(await engine.cancel(actor, taskId)).toEqual({ status: 'cancelled' })
  })

  it('E7 ends a queued task at once and names the status of an ended one', async () => {
    const { engine, model, projectId, endOf } = await setUp()
    const first = await engine.create(actor, { projectId, stages: ['first'] })
    const second = await engine.create(actor, { projectId, stages: ['first'] })
    const call = await model.nextCall()
    expect(await engine.cancel(actor, second.taskId)).toEqual({ status: 'cancelled' })
    call.send('x')
    call.finish()
    await endOf(first.taskId)
    await expect(engine.cancel(actor, first.taskId)).rejects.toMatchObject({
      code: 'task.notCancellable',
      params: { status: 'completed' },
    })
    expect(model.calls).toHaveLength(1)
  })

  it('E8 of a task whose worker is dead is done by the canceller, with the durable text', async () => {
    const dead = await setUp({ settings: { cancelGraceMs: 1 } })
    const { projectId, model, database, queue } = dead
    const { taskId } = await dead.engine.create(actor, { projectId, stages: ['first'] })
    const call = await model.nextCall()
    call.send('durable')
    await storedLength(dead, 'durable'.length)
    const living = openProgram({
      provider: createScriptedModel(),
      storage: { database, queue },
      settings: { cancelGraceMs: 1 },
    })
    opened.push(living)
    // The flag alone would reach the first worker: it stands for one that no longer looks.
    await living.engine.cancel(actor, taskId)
    expect(await living.endOf(taskId)).toMatchObject({ status: 'cancelled' })
    expect(await living.lastText(projectId, 'first')).toBe('durable')
  })
})

describe('a failing provider', () => {
  it('E9 is tried again before the first token, at most three times, and never after it', async () => {
    const { engine, model, projectId, endOf } = await setUp()
    const { taskId } = await engine.create(actor, { projectId, stages: ['first'] })
    ;(await model.nextCall()).fail({ code: 'provider.failed', transient: true })
    ;(await model.nextCall()).fail({ code: 'provider.rateLimited', transient: true, retryAfterMs: 1 })
    const third = await model.nextCall()
    third.send('begun')
    third.fail({ code: 'provider.interrupted', transient: true })
    expect(await endOf(taskId)).toMatchObject({
      status: 'failed',
      failure: { code: 'provider.interrupted' },
      rewrites: [{ ending: 'interrupted', length: 5 }],
    })
    expect(model.calls).toHaveLength(3)
  })

  it('E10 keeps the text of an answer that reached the output limit or can not be read', async () => {
    const { engine, model, projectId, endOf } = await setUp()
    const cut = await engine.create(actor, { projectId, stages: ['first'] })
    const cutCall = await model.nextCall()
    cutCall.send('cut')
    cutCall.finish('length')
    expect(await endOf(cut.taskId)).toMatchObject({
      failure: { code: 'provider.cutOff' },
      rewrites: [{ ending: 'cutOff', length: 3 }],
    })
    const bad = await engine.create(actor, { projectId, stages: ['first'] })
    const badCall = await model.nextCall()
    badCall.send('UNREADABLE')
    badCall.finish()
    expect(await endOf(bad.taskId)).toMatchObject({
      failure: { code: 'provider.badAnswer' },
      rewrites: [{ ending: 'interrupted', length: 10 }],
    })
  })

  it('E11 that says nothing, or falls silent, is given up in time', async () => {
    const { engine, model, projectId, endOf } = await setUp({
      settings: { firstTokenTimeoutMs: 20, textIdleTimeoutMs: 20, callTries: 1 },
    })
    const mute = await engine.create(actor, { projectId, stages: ['first'] })
    const muteCall = await model.nextCall()
    expect(await endOf(mute.taskId)).toMatchObject({ failure: { code: 'provider.firstTokenTimeout' } })
    await muteCall.aborted
    const stalled = await engine.create(actor, { projectId, stages: ['first'] })
    const stalledCall = await model.nextCall()
    stalledCall.send('then nothing')
    expect(await endOf(stalled.taskId)).toMatchObject({
      failure: { code: 'provider.textIdleTimeout' },
      rewrites: [{ length: 12 }],
    })
  })

  it('E12 leaves a complete version current, and a retry takes the stages not done with the same instruction', async () => {
    const setup = await setUp()
    const { engine, model, projectId, endOf } = setup
    const good = await engine.create(actor, { projectId, stages: ['first'] })
    const goodCall = await model.nextCall()
    goodCall.send('good')
    goodCall.finish()
    await endOf(good.taskId)
    const bad = await engine.create(actor, { projectId, stages: ['first', 'second'], instruction: 'darker' })
    ;(await model.nextCall()).fail({ code: 'provider.keyRefused' })
    expect((await endOf(bad.taskId)).status).toBe('failed')
    const stage = await stageOf(setup, 'first')
    expect(stage).toMatchObject({ status: 'failed', failure: { code: 'provider.keyRefused' } })
    expect((await setup.stages.version(actor, stage.currentRewriteId!)).text).toBe('good')
    const retried = await engine.retry(actor, bad.taskId)
    const call = await model.nextCall()
    expect(given(call)).toEqual(['a topic', 'good', ['darker']])
    expect((await setup.database.taskLook(retried.taskId))!.task).toMatchObject({
      retryOf: bad.taskId,
      stages: ['first', 'second'],
    })
    expect(await engine.retry(actor, bad.taskId)).toEqual(retried)
    await engine.cancel(actor, retried.taskId)
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

/** Waits until so much of the open rewrite is durable. */
async function storedLength({ database, projectId }: Setup, length: number): Promise<void> {
  for (;;) {
    const look = await database.projectLook(projectId)
    if (look!.rewrites.some((rewrite) => rewrite.length >= length)) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function statusOf({ database }: Setup, taskId: string, status: string): Promise<void> {
  while ((await database.taskLook(taskId))!.task.status !== status)
    await new Promise((resolve) => setImmediate(resolve))
}
