import { afterEach, describe, expect, it } from 'vitest'
import { actor, closeAll, given, setUp, stageOf } from './testing/setUp.ts'

afterEach(closeAll)

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
