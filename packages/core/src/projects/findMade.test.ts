import { afterEach, describe, expect, it } from 'vitest'
import { actor, answer, closeAll, setUp, stageOf, type Setup } from '../engine/testing/setUp.ts'

afterEach(closeAll)

async function make(setup: Setup, stage: string, text: string, more: { projectId?: string; model?: string } = {}) {
  const { taskId } = await setup.engine.create(actor, { projectId: setup.projectId, stages: [stage], ...more })
  answer(await setup.model.nextCall(), text)
  await setup.endOf(taskId)
}

const begin = ({ projects }: Setup, text = 'a topic') =>
  projects.create(actor, { pipeline: 'three', input: { text }, title: `A project of ${text}` })

describe('a text that a run would only make again', () => {
  it('E57 is offered where the same input has been worked on, and taken without a call', async () => {
    const setup = await setUp()
    const { stages, model } = setup
    await make(setup, 'first', 'made')
    const { projectId } = await begin(setup)
    const found = await stages.cached(actor, { projectId, stage: 'first', model: null })
    expect(found).toMatchObject({ rewrite: { projectId: setup.projectId, stageKey: 'first', ending: 'complete' } })
    expect((await stageOf({ ...setup, projectId }, 'first')).status).toBe('ready')
    await stages.restore(actor, { rewriteId: found!.rewrite.id, projectId })
    expect(await setup.lastText(projectId, 'first')).toBe('made')
    expect(model.calls).toHaveLength(1)
    // Now it is what the stage has.
    expect(await stages.cached(actor, { projectId, stage: 'first', model: null })).toBeNull()
    expect(await stages.cached(actor, { ...setup, stage: 'first', model: null })).toBeNull()
  })

  it('E57 of a later stage too, which is then not out of date', async () => {
    const setup = await setUp()
    const { stages } = setup
    await make(setup, 'first', 'made')
    await make(setup, 'second', 'from it')
    const { projectId } = await begin(setup)
    const offered = async (stage: string) => (await stages.cached(actor, { projectId, stage, model: null }))?.rewrite.id
    expect(await offered('second')).toBeUndefined()
    await stages.restore(actor, { rewriteId: (await offered('first'))!, projectId })
    await stages.restore(actor, { rewriteId: (await offered('second'))!, projectId })
    const look = (await setup.database.projectLook(projectId))!
    const [first, second] = look.stages
    const taken = look.rewrites.find(({ id }) => id === second!.currentRewriteId)!
    expect(taken).toMatchObject({ kind: 'restored', inputRewriteId: first!.currentRewriteId })
  })

  it.each(['another input', 'another model', 'a wish', 'a stopped run', 'a stranger'])(
    'E57 not for %s',
    async (what) => {
      const setup = await setUp()
      const { stages, engine, model } = setup
      if (what === 'a stopped run') {
        const { taskId } = await engine.create(actor, { projectId: setup.projectId, stages: ['first'] })
        ;(await model.nextCall()).send('half')
        await engine.cancel(actor, taskId)
        await setup.endOf(taskId)
      } else if (what === 'a wish') {
        const { taskId } = await engine.create(actor, {
          projectId: setup.projectId,
          stages: ['first'],
          instruction: 'shorter',
        })
        answer(await model.nextCall(), 'short')
        await setup.endOf(taskId)
      } else await make(setup, 'first', 'made')
      const who = what === 'a stranger' ? { userId: 'ben' } : actor
      const { projectId } = await setup.projects.create(who, {
        pipeline: 'three',
        input: { text: what === 'another input' ? 'another' : 'a topic' },
      })
      const wished = what === 'another model' ? 'scripted-2' : null
      expect(await stages.cached(who, { projectId, stage: 'first', model: wished })).toBeNull()
    },
  )

  it('E57 is no way into the project of a stranger, nor from a pipeline to another', async () => {
    const setup = await setUp()
    const { stages, projects } = setup
    await make(setup, 'first', 'made')
    const { currentRewriteId } = await stageOf(setup, 'first')
    const rewriteId = currentRewriteId!
    const theirs = await projects.create({ userId: 'ben' }, { pipeline: 'three', input: { text: 'a topic' } })
    await expect(stages.restore({ userId: 'ben' }, { rewriteId, ...theirs })).rejects.toMatchObject({
      code: 'notFound',
    })
    await expect(stages.restore(actor, { rewriteId, ...theirs })).rejects.toMatchObject({ code: 'notFound' })
    const poem = await projects.create(actor, { pipeline: 'poem', input: { text: 'a topic' } })
    await expect(stages.restore(actor, { rewriteId, ...poem })).rejects.toMatchObject({ code: 'input.invalid' })
  })
})
