/** What ends a stage that is done outside without a result, and a processor that is away. */
import { afterEach, describe, expect, it } from 'vitest'
import type { OutsideAnswer, OutsideMessage } from '../ports/outside.ts'
import { createScriptedOutside } from '../testing/scriptedOutside.ts'
import { actor, answer, closeAll, createStorage, open, reaches, stageOf, statusOf, until } from './testing/setUp.ts'
import { lookOf, runUntilOutside, say, setUpOutside } from './testing/setUpOutside.ts'

afterEach(closeAll)

describe('a stage that is done outside', () => {
  it('V6 fails its task by the processor’s word', async () => {
    const setup = await setUpOutside()
    const { taskId, outsideTaskId } = await runUntilOutside(setup)
    await say(setup, outsideTaskId, { type: 'failure', message: 'no ink', retryable: true })
    const failure = { code: 'processor.failed', params: { problem: 'no ink', retryable: true } }
    expect(await lookOf(setup, taskId)).toMatchObject({ status: 'failed', outside: null, failure })
    expect(await stageOf(setup, 'second')).toMatchObject({ status: 'failed', failure })
    // A retry goes to the processor again, as an outside task of its own.
    const retry = await setup.engine.retry(actor, taskId)
    const again = await until(() => setup.outside.sent.filter(({ event }) => event === 'task.job')[1])
    expect(again.data['outsideTaskId']).not.toBe(outsideTaskId)
    expect(again.data['taskId']).toBe(retry.taskId)
  })

  it('V7 is ended by Stop, and the processor is told', async () => {
    const setup = await setUpOutside()
    const { taskId, outsideTaskId } = await runUntilOutside(setup)
    expect(await setup.engine.cancel(actor, taskId)).toEqual({ status: 'cancelled' })
    const told = await until(() => setup.outside.sent.find(({ event }) => event === 'task.cancel'))
    expect(told.data).toEqual({ outsideTaskId, taskId, reason: 'task.cancelled' })
    expect(await say(setup, outsideTaskId, { type: 'result', fileId: null, text: 'Late.' })).toEqual({
      accepted: false,
      reason: 'ended',
    })
    expect((await stageOf(setup, 'second')).status).toBe('ready')
    expect((await setup.database.taskLook(taskId))!.stageRuns[1]).toMatchObject({ status: 'stopped' })
  })

  it('V7 ends with its project, and with the lock of its stage', async () => {
    const setup = await setUpOutside()
    const locked = await runUntilOutside(setup)
    await setup.stages.lock(actor, { projectId: setup.projectId, stage: 'second', locked: true })
    expect(await say(setup, locked.outsideTaskId, { type: 'result', fileId: null, text: 'Late.' })).toEqual({
      accepted: false,
      reason: 'stageLocked',
    })
    expect(await lookOf(setup, locked.taskId)).toMatchObject({ failure: { code: 'stage.locked' } })
    expect(await setup.database.versions(setup.projectId, 'second')).toEqual([])
    const other = await setUpOutside()
    const removed = await runUntilOutside(other)
    await other.projects.remove(actor, other.projectId)
    expect(await statusOf(other, removed.taskId)).toBe('cancelled')
    expect(await say(other, removed.outsideTaskId, { type: 'result', fileId: null, text: 'Late.' })).toMatchObject({
      accepted: false,
    })
  })

  it('V8 fails at its time limit, also when it could never be reached', async () => {
    const outside = { type: 'unreachable' as const, problem: 'nobody there' }
    const setup = await setUpOutside({ timeLimitMs: 60, settings: { sweepEveryMs: 10, jobRetryMs: 10_000 } })
    setup.outside.answer(outside)
    const { taskId } = await runUntilOutside(setup)
    await reaches(setup, taskId, 'failed')
    expect(await lookOf(setup, taskId)).toMatchObject({
      failure: { code: 'processor.timeLimit', params: { limitMs: 60 } },
    })
  })

  it('V9 is sent again under the same id while the processor is down, and refused at once when it says no', async () => {
    const setup = await setUpOutside()
    const away = { type: 'unreachable' as const, problem: 'nobody there' }
    setup.outside.answer(away, { type: 'answered', status: 503, body: '', retryAfterMs: null }, away)
    const { outsideTaskId, taskId } = await runUntilOutside(setup)
    const jobs = (): OutsideMessage[] => setup.outside.sent.filter(({ event }) => event === 'task.job')
    await until(() => jobs().length === 4)
    expect(new Set(jobs().map(({ id }) => id)).size).toBe(1)
    expect(await statusOf(setup, taskId)).toBe('waiting')
    await say(setup, outsideTaskId, { type: 'failure', message: 'enough', retryable: false })
    setup.outside.answer({ type: 'answered', status: 404, body: '', retryAfterMs: null })
    const retry = await setup.engine.retry(actor, taskId)
    await reaches(setup, retry.taskId, 'failed')
    expect(await lookOf(setup, retry.taskId)).toMatchObject({
      failure: { code: 'processor.refused', params: { status: 404 } },
    })
  })

  it('V9 is sent again by another process after a crash between sending and recording, as the same message', async () => {
    const storage = createStorage()
    const sending = Promise.withResolvers<OutsideMessage>()
    const silence = Promise.withResolvers<OutsideAnswer>()
    const send = (message: OutsideMessage) => (sending.resolve(message), silence.promise)
    const outside = { ...createScriptedOutside(), send }
    const first = await setUpOutside({ storage, settings: { deliveryTimeoutMs: 50 } })
    await first.engine.stop()
    const dead = open({ provider: first.model, storage, outside, settings: { deliveryTimeoutMs: 50 } })
    void dead.engine.start({ nobodyElse: false })
    const { taskId } = await dead.engine.create(actor, { projectId: first.projectId, stages: ['first', 'second'] })
    answer(await first.model.nextCall(), 'One.')
    const sent = await sending.promise
    // It never says what came of it. Somebody else finds the message due when its lease is over.
    const alive = createScriptedOutside()
    const next = open({ provider: first.model, storage, outside: alive, settings: { deliveryTimeoutMs: 50 } })
    await next.engine.start({ nobodyElse: false })
    const job = await until(() => alive.sent[0])
    await next.engine.receive({
      id: 'r',
      outsideTaskId: String(job.data['outsideTaskId']),
      processorId: 'p',
      saying: { type: 'result', fileId: null, text: 'Two.' },
    })
    expect(await statusOf(next, taskId)).toBe('completed')
    expect(alive.sent.map(({ id }) => id)).toEqual([sent.id])
    silence.resolve({ type: 'unreachable', problem: 'it was dead' })
  })
})
