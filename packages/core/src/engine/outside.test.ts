import { afterEach, describe, expect, it } from 'vitest'
import type { OutsideAnswer, OutsideMessage } from '../ports/outside.ts'
import { createScriptedOutside, type ScriptedOutside } from '../testing/scriptedOutside.ts'
import type { OutsideSaying } from './receiveOutside.ts'
import {
  actor,
  answer,
  closeAll,
  createStorage,
  open,
  reaches,
  setUp,
  stageOf,
  statusOf,
  until,
  type Setup,
} from './testing/setUp.ts'

afterEach(closeAll)

const limitMs = 60_000

type Outside = Setup & { outside: ScriptedOutside }

/** A program whose stage `second` is done outside. */
async function setUpOutside(options: Parameters<typeof setUp>[0] & { timeLimitMs?: number } = {}): Promise<Outside> {
  const outside = createScriptedOutside()
  const { timeLimitMs = limitMs, ...rest } = options
  const setup = await setUp({ outside, ...rest })
  await setup.database.insertProcessor({
    id: 'p',
    pipeline: 'three',
    stage: 'second',
    url: 'https://processor.example',
    secretEncrypted: 'sealed',
    active: true,
    timeLimitMs,
  })
  return { ...setup, outside }
}

async function runUntilOutside(setup: Outside, request: { stages?: string[]; reviewEach?: boolean } = {}) {
  const { taskId } = await setup.engine.create(actor, {
    projectId: setup.projectId,
    stages: ['first', 'second', 'third'],
    ...request,
  })
  const first = request.stages?.[0] ?? 'first'
  if (first === 'first') answer(await setup.model.nextCall(), 'One.')
  if (request.reviewEach) {
    await reaches(setup, taskId, 'waiting')
    await setup.engine.resume(actor, taskId)
  }
  const job = await until(() => setup.outside.sent.find((message) => message.event === 'task.job'))
  return { taskId, job, outsideTaskId: String(job.data['outsideTaskId']) }
}

let count = 0
const say = (setup: Outside, outsideTaskId: string, saying: OutsideSaying, id = `message-${count++}`) =>
  setup.engine.receive({ id, outsideTaskId, processorId: 'p', saying })

const lookOf = async ({ database }: Outside, taskId: string) => (await database.taskLook(taskId))!.task

describe('a stage that is done outside', () => {
  it('V1 is a job with everything that it needs; its task waits and occupies nothing', async () => {
    const setup = await setUpOutside()
    const { taskId, job } = await runUntilOutside(setup)
    expect(job).toMatchObject({ url: 'https://processor.example', owner: { kind: 'processor', id: 'p' } })
    expect(job.data).toMatchObject({ taskId, pipeline: 'three', stage: 'second', input: 'One.', instructions: [] })
    expect(await lookOf(setup, taskId)).toMatchObject({ status: 'waiting', workerId: null, currentStage: 'second' })
    expect((await stageOf(setup, 'second')).status).toBe('waiting')
    expect(setup.engine.runningCount()).toBe(0)
    // Another task of the project has the place.
    const other = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['first'] })
    answer(await setup.model.nextCall(), 'Other.')
    await reaches(setup, other.taskId, 'completed')
  })

  it('V2 ends with the text of its result, and the next stage takes it', async () => {
    const setup = await setUpOutside()
    const { taskId, outsideTaskId } = await runUntilOutside(setup)
    expect(await say(setup, outsideTaskId, { type: 'result', fileId: null, text: 'Two\0.' })).toEqual({
      accepted: true,
    })
    const third = await setup.model.nextCall()
    expect(third.request.messages[0]!.content).toContain('Two\uFFFD.')
    answer(third, 'Three.')
    expect(await setup.endOf(taskId)).toMatchObject({ status: 'completed' })
    expect(await setup.lastText(setup.projectId, 'second')).toBe('Two\uFFFD.')
    expect(await stageOf(setup, 'second')).toMatchObject({ status: 'done', failure: null })
    const { stageRuns } = (await setup.database.taskLook(taskId))!
    expect(stageRuns[1]).toMatchObject({ status: 'done', summary: '5 characters' })
  })

  it('V2 ends its task where it is the last, and viewers of the task are shown its text', async () => {
    const setup = await setUpOutside()
    const { taskId, outsideTaskId } = await runUntilOutside(setup, { stages: ['first', 'second'] })
    const seen: unknown[] = []
    const followed = (async () => {
      for await (const { event } of setup.feed.followTask({ taskId, signal: AbortSignal.timeout(5_000) }))
        seen.push(event)
    })()
    await say(setup, outsideTaskId, { type: 'result', fileId: null, text: 'Two.' })
    await followed
    expect(seen).toContainEqual(expect.objectContaining({ type: 'open', stage: 'second', text: 'Two.' }))
    expect(await statusOf(setup, taskId)).toBe('completed')
  })

  it('V2 is judged by the check of its stage, and what is not right is kept', async () => {
    const setup = await setUpOutside()
    const { taskId, outsideTaskId } = await runUntilOutside(setup)
    await say(setup, outsideTaskId, { type: 'result', fileId: null, text: 'UNREADABLE' })
    expect(await lookOf(setup, taskId)).toMatchObject({ status: 'failed', failure: { code: 'provider.badAnswer' } })
    expect(await setup.lastText(setup.projectId, 'second')).toBe('UNREADABLE')
    expect((await stageOf(setup, 'second')).status).toBe('failed')
  })

  it('V2 waits for its review after its result, where that was asked for', async () => {
    const setup = await setUpOutside()
    const { taskId, outsideTaskId } = await runUntilOutside(setup, { reviewEach: true })
    await expect(setup.engine.resume(actor, taskId)).rejects.toMatchObject({ code: 'task.notWaiting' })
    await say(setup, outsideTaskId, { type: 'result', fileId: null, text: 'Two.' })
    expect(await lookOf(setup, taskId)).toMatchObject({ status: 'waiting', outside: null })
    expect((await stageOf(setup, 'third')).status).toBe('waiting')
    await setup.engine.resume(actor, taskId)
    answer(await setup.model.nextCall(), 'Three.')
    await reaches(setup, taskId, 'completed')
  })

  it('V3 has one effect for one message id, however many come at once, and the first of two results', async () => {
    const setup = await setUpOutside()
    const { taskId, outsideTaskId } = await runUntilOutside(setup)
    const result = { type: 'result' as const, fileId: null, text: 'Two.' }
    const answers = await Promise.all(Array.from({ length: 50 }, () => say(setup, outsideTaskId, result, 'the-same')))
    expect(answers).toEqual(Array.from({ length: 50 }, () => ({ accepted: true })))
    expect(await say(setup, outsideTaskId, { type: 'result', fileId: null, text: 'Another.' }, 'second')).toEqual({
      accepted: false,
      reason: 'ended',
    })
    expect(await say(setup, outsideTaskId, result, 'the-same')).toEqual({ accepted: true })
    expect(await setup.database.versions(setup.projectId, 'second')).toHaveLength(1)
    expect(await setup.lastText(setup.projectId, 'second')).toBe('Two.')
    answer(await setup.model.nextCall(), 'Three.')
    await reaches(setup, taskId, 'completed')
    expect(setup.model.calls).toHaveLength(2)
  })

  it('V3 takes the first of fifty different results at once, and refuses the rest', async () => {
    const setup = await setUpOutside()
    const { outsideTaskId } = await runUntilOutside(setup, { stages: ['first', 'second'] })
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        say(setup, outsideTaskId, { type: 'result', fileId: null, text: `Text ${at}.` }),
      ),
    )
    expect(answers.filter(({ accepted }) => accepted)).toHaveLength(1)
    expect(await setup.database.versions(setup.projectId, 'second')).toHaveLength(1)
  })

  it('V4 is answered notFound for an outside task that is not there, or another processor’s', async () => {
    const setup = await setUpOutside()
    const { taskId, outsideTaskId } = await runUntilOutside(setup)
    const result = { type: 'result' as const, fileId: null, text: 'Theirs.' }
    await expect(say(setup, 'nowhere', result)).rejects.toMatchObject({ code: 'notFound' })
    const foreign = setup.engine.receive({ id: 'm', outsideTaskId, processorId: 'another', saying: result })
    await expect(foreign).rejects.toMatchObject({ code: 'notFound' })
    expect(await statusOf(setup, taskId)).toBe('waiting')
  })

  it('V5 shows how far it is, and never goes back', async () => {
    const setup = await setUpOutside()
    const { taskId, outsideTaskId } = await runUntilOutside(setup)
    await say(setup, outsideTaskId, { type: 'progress', fraction: 0.5, message: 'half' })
    await say(setup, outsideTaskId, { type: 'progress', fraction: 0.25, message: null })
    expect((await lookOf(setup, taskId)).outside).toMatchObject({ fraction: 0.5, message: 'half' })
    for await (const { event } of setup.feed.followTask({ taskId, signal: AbortSignal.timeout(5_000) })) {
      if (!('type' in event) || event.type !== 'state') continue
      expect(event.state.tasks[0]!.outside).toEqual({ fraction: 0.5, message: 'half' })
      break
    }
    await say(setup, outsideTaskId, { type: 'result', fileId: null, text: 'Two.' })
    expect(await say(setup, outsideTaskId, { type: 'progress', fraction: 1, message: null })).toEqual({
      accepted: false,
      reason: 'ended',
    })
  })

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

  it('V10 gives a processor the one part that is written anew, and sets its answer between the others', async () => {
    const setup = await setUpOutside({ pipeline: 'book' })
    const chapter = async (text: string) => answer(await setup.model.nextCall(), text)
    const whole = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['chapters'] })
    for (const text of ['A. ', 'B. ', 'C. ']) await chapter(text)
    await reaches(setup, whole.taskId, 'completed')
    await setup.database.insertProcessor({
      id: 'p2',
      pipeline: 'book',
      stage: 'chapters',
      url: 'https://processor.example',
      secretEncrypted: 'sealed',
      active: true,
      timeLimitMs: limitMs,
    })
    const part = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['chapters'], part: '2' })
    const job = await until(() => setup.outside.sent[0])
    expect(job.data).toMatchObject({ part: { text: 'B. ' }, textBefore: 'A. ' })
    await setup.engine.receive({
      id: 'r',
      outsideTaskId: String(job.data['outsideTaskId']),
      processorId: null,
      saying: { type: 'result', fileId: null, text: 'New. ' },
    })
    expect(await statusOf(setup, part.taskId)).toBe('completed')
    expect(await setup.lastText(setup.projectId, 'chapters')).toBe('A. New. C. ')
  })

  it('V10 lets a processor go on with a text that was cut off', async () => {
    const setup = await setUp({ outside: createScriptedOutside() })
    const cut = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['first'] })
    const call = await setup.model.nextCall()
    call.send('Once upon')
    call.finish('length')
    await reaches(setup, cut.taskId, 'failed')
    const outside = createScriptedOutside()
    const other = open({ provider: setup.model, storage: setup, outside })
    await setup.engine.stop()
    await other.engine.start({ nobodyElse: false })
    await setup.database.insertProcessor({
      id: 'p',
      pipeline: 'three',
      stage: 'first',
      url: 'https://processor.example',
      secretEncrypted: 'sealed',
      active: true,
      timeLimitMs: limitMs,
    })
    const [version] = await setup.database.versions(setup.projectId, 'first')
    const wish = { projectId: setup.projectId, stages: ['first'], continueFrom: version!.id }
    const { taskId } = await other.engine.create(actor, wish)
    const job = await until(() => outside.sent[0])
    expect(job.data).toMatchObject({ textBefore: 'Once upon', part: null })
    const outsideTaskId = String(job.data['outsideTaskId'])
    await other.engine.receive({
      id: 'r',
      outsideTaskId,
      processorId: 'p',
      saying: { type: 'result', fileId: null, text: ' a time.' },
    })
    expect(await statusOf(other, taskId)).toBe('completed')
    expect(await other.lastText(setup.projectId, 'first')).toBe('Once upon a time.')
    const [continued] = await setup.database.versions(setup.projectId, 'first')
    expect(continued).toMatchObject({ kind: 'continued', spans: [{ attempt: 0, from: 0 }, { from: 9 }] })
  })
})
