/** What a processor is given, what it may say, and how the task goes on with its result. */
import { afterEach, describe, expect, it } from 'vitest'
import { createScriptedOutside } from '../testing/scriptedOutside.ts'
import { actor, answer, closeAll, open, reaches, setUp, stageOf, statusOf, until } from './testing/setUp.ts'
import { limitMs, lookOf, runUntilOutside, say, setUpOutside } from './testing/setUpOutside.ts'

afterEach(closeAll)

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
