import { afterEach, describe, expect, it } from 'vitest'
import { openProgram } from '../testing/openProgram.ts'
import { createScriptedModel } from '../testing/scriptedModel.ts'
import { actor, closeAll, opened, setUp, stageOf, type Setup } from './testing/setUp.ts'

afterEach(closeAll)

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

/** Waits until so much of the open rewrite is durable. */
async function storedLength({ database, projectId }: Setup, length: number): Promise<void> {
  for (;;) {
    const look = await database.projectLook(projectId)
    if (look!.rewrites.some((rewrite) => rewrite.length >= length)) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}
