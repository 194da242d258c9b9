import { afterEach, describe, expect, it } from 'vitest'
import { createCuttableStorage } from '../testing/cuttableStorage.ts'
import { actor, answer, closeAll, createStorage, setUp, until, type Setup } from './testing/setUp.ts'

afterEach(closeAll)

const newestOf = async ({ database, projectId }: Setup) => {
  const { rewrites, stages } = (await database.projectLook(projectId))!
  return rewrites.find(({ id }) => id === stages[0]!.lastRewriteId)!
}

describe('a text that says itself how much of it is whole', () => {
  it('E54 is taken over with that much, without any checkpoint', async () => {
    const storage = createStorage()
    const cut = createCuttableStorage(storage)
    const former = await setUp({ storage: cut, pipeline: 'poem' })
    const { projectId } = former
    const { taskId } = await former.engine.create(actor, { projectId, stages: ['lines'] })
    ;(await former.model.nextCall()).send('one\ntwo\nthr')
    await until(async () => (await newestOf(former)).length === 11)
    cut.hold()
    await storage.queue.releaseAll()
    const other = await setUp({ storage, pipeline: 'poem' })
    const call = await other.model.nextCall()
    expect(call.request.messages[0]!.content).toBe('lines after 8')
    expect(await newestOf({ ...other, projectId })).toMatchObject({
      length: 8,
      spans: [
        { attempt: 1, from: 0 },
        { attempt: 2, from: 8 },
      ],
    })
    answer(call, 'three\n')
    await other.endOf(taskId)
    cut.letThrough()
    expect(await other.lastText(projectId, 'lines')).toBe('one\ntwo\nthree\n')
  })

  it('E54 is gone on with from there', async () => {
    const setup = await setUp({ pipeline: 'poem' })
    const { engine, model, projectId } = setup
    const first = await engine.create(actor, { projectId, stages: ['lines'] })
    ;(await model.nextCall()).send('one\nt')
    await until(async () => (await newestOf(setup)).length === 5)
    await engine.cancel(actor, first.taskId)
    await setup.endOf(first.taskId)
    const { id: continueFrom } = await newestOf(setup)
    const { taskId } = await engine.create(actor, { projectId, stages: ['lines'], continueFrom })
    const call = await model.nextCall()
    expect(call.request.messages[0]!.content).toBe('lines after 4')
    answer(call, 'two\n')
    await setup.endOf(taskId)
    expect(await setup.lastText(projectId, 'lines')).toBe('one\ntwo\n')
  })
})

it('E55 a checkpoint completes the records of the calls before it, and tells how far the stage is', async () => {
  const setup = await setUp({ pipeline: 'book' })
  const { engine, model, projectId, database, feed } = setup
  const { taskId } = await engine.create(actor, { projectId, stages: ['chapters'] })
  const following = Array.fromAsync(feed.followTask({ taskId, signal: new AbortController().signal }))
  answer(await model.nextCall(), 'one. ')
  const second = await model.nextCall()
  const { calls } = (await database.taskDetails(taskId))!
  expect(calls.map(({ outcome }) => outcome)).toEqual(['finished', null])
  // Figures are shown a few times a second.
  await new Promise((resolve) => setTimeout(resolve, 600))
  answer(second, 'two. ')
  answer(await model.nextCall(), 'three.')
  await setup.endOf(taskId)
  const shown = (await following).flatMap(({ event }) =>
    'type' in event && event.type === 'figures' && event.figures.progress !== undefined ? [event.figures.progress] : [],
  )
  expect(shown).toContain(1 / 3)
  const ended = (await database.taskDetails(taskId))!.calls
  expect(ended.map(({ outcome }) => outcome)).toEqual(['finished', 'finished', 'finished'])
})
