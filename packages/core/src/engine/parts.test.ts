import { afterEach, describe, expect, it } from 'vitest'
import { createCuttableStorage } from '../testing/cuttableStorage.ts'
import { actor, answer, closeAll, createStorage, setUp, stageOf, until, type Setup } from './testing/setUp.ts'

afterEach(closeAll)

/** A project whose three chapters are written. */
async function setUpBook(options: Parameters<typeof setUp>[0] = {}): Promise<Setup> {
  const setup = await setUp({ pipeline: 'book', ...options })
  const { taskId } = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['chapters'] })
  for (const text of ['one. ', 'two. ', 'three.']) answer(await setup.model.nextCall(), text)
  await setup.endOf(taskId)
  return setup
}

const newestOf = async ({ database, projectId }: Setup) => {
  const { rewrites, stages } = (await database.projectLook(projectId))!
  return rewrites.find(({ id }) => id === stages[0]!.lastRewriteId)!
}

describe('one part anew', () => {
  it('E49 stands between the unchanged text before and after it, in a version of its own', async () => {
    const setup = await setUpBook()
    const { engine, model, projectId, endOf } = setup
    const first = await newestOf(setup)
    const { taskId } = await engine.create(actor, { projectId, stages: ['chapters'], part: '2' })
    const call = await model.nextCall()
    expect(call.request.messages[0]!.content).toBe('chapter 2 anew instead of two. ')
    expect(await newestOf(setup)).toMatchObject({ length: 5, spans: [{ attempt: 0 }, { attempt: 1, from: 5 }] })
    answer(call, 'the second. ')
    expect(await endOf(taskId)).toMatchObject({ status: 'completed' })
    expect(await setup.lastText(projectId, 'chapters')).toBe('one. the second. three.')
    const anew = await newestOf(setup)
    expect(anew).toMatchObject({ kind: 'generated', ending: 'complete', baseRewriteId: first.id })
    expect(anew.completionTokens).toBeLessThan(first.completionTokens!)
  })

  it('E49 is shown to a viewer with the text around it', async () => {
    const { engine, model, projectId, feed } = await setUpBook()
    const { taskId } = await engine.create(actor, { projectId, stages: ['chapters'], part: '3' })
    const call = await model.nextCall()
    const { signal } = new AbortController()
    const following = Array.fromAsync(feed.followTask({ taskId, cursor: null, signal }), ({ event }) => event)
    await new Promise((resolve) => setImmediate(resolve))
    answer(call, 'end.')
    const events = await following
    expect(events).toContainEqual(expect.objectContaining({ type: 'open', text: 'one. two. ' }))
    expect(events.at(-1)).toMatchObject({ type: 'end', status: 'completed' })
  })

  it('E56 is edited alone, with the text around it as it was', async () => {
    const setup = await setUpBook()
    const { stages, projectId } = setup
    const { id: baseRewriteId } = await newestOf(setup)
    const edit = { projectId, stage: 'chapters', baseRewriteId, part: '2', text: 'my own. ' }
    await stages.edit(actor, edit)
    expect(await setup.lastText(projectId, 'chapters')).toBe('one. my own. three.')
    await expect(stages.edit(actor, edit)).rejects.toMatchObject({ code: 'stage.changed' })
    const now = { ...edit, baseRewriteId: (await newestOf(setup)).id }
    await expect(stages.edit(actor, { ...now, part: '9' })).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining('there are: 1, 2, 3'),
    })
  })

  it.each(['before', 'within'])(
    'E49 is taken over with the text before it when the worker dies %s it',
    async (when) => {
      const storage = createStorage()
      const cut = createCuttableStorage(storage)
      const former = await setUpBook({ storage: cut })
      const { projectId } = former
      const { taskId } = await former.engine.create(actor, { projectId, stages: ['chapters'], part: '2' })
      const call = await former.model.nextCall()
      if (when === 'within') {
        call.send('the sec')
        await until(async () => (await newestOf(former)).length > 5)
      }
      cut.hold()
      await storage.queue.releaseAll()
      const other = await setUp({ storage, pipeline: 'book' })
      answer(await other.model.nextCall(), 'second. ')
      await other.endOf(taskId)
      cut.letThrough()
      expect(await other.lastText(projectId, 'chapters')).toBe('one. second. three.')
    },
  )

  it.each([
    [{ stages: ['chapters'], part: '4' }, 'there are: 1, 2, 3'],
    [{ stages: ['chapters'], part: '1', continueFrom: '00000000-0000-7000-8000-000000000000' }, 'does not go with'],
  ])('E49 %j is refused', async (request, words) => {
    const { engine, projectId } = await setUpBook()
    await expect(engine.create(actor, { projectId, ...request })).rejects.toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining(words),
    })
  })

  it('E49 is refused for several stages, where a stage has no parts, and where there is no text', async () => {
    const three = await setUp()
    const ask = (projectId: string, stages: string[]) =>
      three.engine.create(actor, { projectId, stages, part: '1' }).catch((error: Error) => error.message)
    expect(await ask(three.projectId, ['first', 'second'])).toContain('a task of one stage')
    expect(await ask(three.projectId, ['first'])).toContain('has no text yet')
    const { taskId } = await three.engine.create(actor, { projectId: three.projectId, stages: ['first'] })
    answer(await three.model.nextCall(), 'one')
    await three.endOf(taskId)
    expect(await ask(three.projectId, ['first'])).toContain('written as a whole')
  })
})

describe('going on with a text that was cut off', () => {
  /** Chapter one whole, chapter two stopped in the middle. */
  async function setUpStopped(options: Parameters<typeof setUp>[0] = {}) {
    const setup = await setUp({ pipeline: 'book', ...options })
    const { engine, model, projectId } = setup
    const { taskId } = await engine.create(actor, { projectId, stages: ['chapters'] })
    answer(await model.nextCall(), 'one. ')
    ;(await model.nextCall()).send('tw')
    await until(async () => (await newestOf(setup)).length === 7)
    await engine.cancel(actor, taskId)
    await setup.endOf(taskId)
    return { ...setup, stopped: await newestOf(setup) }
  }

  it('E50 begins with a copy of it, and repeats no finished call', async () => {
    const setup = await setUpStopped()
    const { engine, model, projectId, stopped, endOf } = setup
    const { taskId } = await engine.create(actor, { projectId, stages: ['chapters'], continueFrom: stopped.id })
    const second = await model.nextCall()
    expect(second.request.messages[0]!.content).toBe('chapter 2 after 7')
    answer(second, 'o. ')
    answer(await model.nextCall(), 'three.')
    expect(await endOf(taskId)).toMatchObject({ status: 'completed' })
    expect(await setup.lastText(projectId, 'chapters')).toBe('one. two. three.')
    expect(await newestOf(setup)).toMatchObject({ kind: 'continued', baseRewriteId: stopped.id, ending: 'complete' })
  })

  it('E50 is taken over with the whole copy', async () => {
    const storage = createStorage()
    const cut = createCuttableStorage(storage)
    const { engine, model, projectId, stopped } = await setUpStopped({ storage: cut })
    const { taskId } = await engine.create(actor, { projectId, stages: ['chapters'], continueFrom: stopped.id })
    await model.nextCall()
    cut.hold()
    await storage.queue.releaseAll()
    const other = await setUp({ storage, pipeline: 'book' })
    answer(await other.model.nextCall(), 'o. ')
    answer(await other.model.nextCall(), 'three.')
    await other.endOf(taskId)
    cut.letThrough()
    expect(await other.lastText(projectId, 'chapters')).toBe('one. two. three.')
  })

  it('E50 goes on with the wish, and with the text of the user, that it was made by', async () => {
    const setup = await setUp()
    const { engine, model, projectId, endOf } = setup
    const request = { projectId, stages: ['first'], input: { first: 'mine' } }
    const made = await engine.create(actor, request)
    answer(await model.nextCall(), 'present')
    await endOf(made.taskId)
    const wished = await engine.create(actor, { ...request, instruction: 'shorter' })
    ;(await model.nextCall()).send('ha')
    await until(async () => (await newestOf(setup)).length === 2)
    await engine.cancel(actor, wished.taskId)
    await endOf(wished.taskId)
    const continueFrom = (await newestOf(setup)).id
    await engine.create(actor, { projectId, stages: ['first'], continueFrom })
    expect(JSON.parse((await model.nextCall()).request.messages[0]!.content)).toEqual(['mine', 'present', ['shorter']])
  })

  it('E50 is refused for a version that is complete, is not of the stage, or with a new wish', async () => {
    const setup = await setUpBook()
    const { engine, projectId } = setup
    const { id: complete } = await newestOf(setup)
    const ask = (request: object) =>
      engine.create(actor, { projectId, stages: ['chapters'], ...request }).catch((error: Error) => error)
    expect(await ask({ continueFrom: complete })).toMatchObject({
      code: 'input.invalid',
      message: expect.stringContaining('is complete'),
    })
    expect(await ask({ continueFrom: '00000000-0000-7000-8000-000000000000' })).toMatchObject({ code: 'notFound' })
    expect(await ask({ continueFrom: complete, instruction: 'x' })).toMatchObject({
      message: expect.stringContaining('with an instruction'),
    })
  })
})

describe('a result below the threshold', () => {
  async function setUpPoor() {
    const setup = await setUp()
    const { taskId } = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['first', 'second'] })
    answer(await setup.model.nextCall(), 'POOR')
    const ended = await setup.endOf(taskId)
    return { ...setup, ended, taskId }
  }

  it('E51 ends the task as failed with the score; accepted, it is a version that says so, and the rest runs', async () => {
    const setup = await setUpPoor()
    const { engine, model, projectId, stages, ended, taskId: poorTask } = setup
    expect(ended).toMatchObject({
      status: 'failed',
      failure: { code: 'quality.belowThreshold', params: { score: 40, threshold: 70 } },
    })
    const { stageRuns } = (await setup.database.taskLook(poorTask))!
    expect(stageRuns.map(({ score }) => score)).toEqual([40, null])
    const runNext = engine.create(actor, { projectId, stages: ['second'] })
    await expect(runNext).rejects.toMatchObject({
      code: 'quality.belowThreshold',
      params: { stage: 'first', score: 40 },
    })
    const poor = await newestOf(setup)
    await stages.accept(actor, { projectId, stage: 'first' })
    expect(await stageOf(setup, 'first')).toMatchObject({ status: 'done', failure: null })
    expect(await newestOf(setup)).toMatchObject({
      kind: 'accepted',
      ending: 'complete',
      summary: '40 < 70',
      createdBy: actor.userId,
      baseRewriteId: poor.id,
    })
    const { taskId } = await engine.create(actor, { projectId, stages: 'rest' })
    const call = await model.nextCall()
    expect(JSON.parse(call.request.messages[0]!.content)).toEqual(['POOR', null, []])
    answer(call, 'two')
    answer(await model.nextCall(), 'three')
    expect(await setup.endOf(taskId)).toMatchObject({ status: 'completed' })
  })

  it('E51 can be accepted once, by who may see it, and only where there is one', async () => {
    const { stages, projectId } = await setUpPoor()
    const accept = (stage: string, userId = actor.userId) =>
      stages.accept({ userId }, { projectId, stage }).catch((error: Error) => error)
    expect(await accept('first', 'ben')).toMatchObject({ code: 'notFound' })
    expect(await accept('second')).toMatchObject({ code: 'quality.nothingToAccept' })
    await accept('first')
    expect(await accept('first')).toMatchObject({ code: 'quality.nothingToAccept' })
  })
})
