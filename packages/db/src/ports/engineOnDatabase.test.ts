// The engine's main promises once more where transactions, locks and jobs are real.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createCuttableStorage } from '../../../core/src/testing/cuttableStorage.ts'
import { openProgram, type OpenProgram } from '../../../core/src/testing/openProgram.ts'
import { createScriptedModel, type ScriptedCall } from '../../../core/src/testing/scriptedModel.ts'
import { testDatabaseKinds } from '../testing/openTestDatabase.ts'
import { openTestStorage, type TestStorage } from '../testing/openTestStorage.ts'

const actor = { userId: 'anna' }

describe.each(testDatabaseKinds)('the engine on %s', (kind) => {
  let storage: TestStorage
  const opened: OpenProgram[] = []

  beforeAll(async () => {
    storage = await openTestStorage(kind)
  })
  afterAll(() => storage?.close())
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((program) => program.close()))
  })

  /** A process of its own on the one database. */
  async function start() {
    const model = createScriptedModel()
    const cut = createCuttableStorage(storage)
    const program = openProgram({ provider: model, storage: cut })
    await program.engine.start({ nobodyElse: true })
    return { ...program, model, cut }
  }

  async function startLiving() {
    const node = await start()
    opened.push(node)
    return node
  }

  const createProject = async ({ projects }: OpenProgram, pipeline = 'three') =>
    (await projects.create(actor, { pipeline, input: { text: 'a topic' } })).projectId

  async function durable(projectId: string, length: number): Promise<void> {
    for (;;) {
      const look = await storage.database.projectLook(projectId)
      if (look!.rewrites.some((rewrite) => rewrite.ending === null && rewrite.length >= length)) return
    }
  }

  it('D31 runs the stages of a task in order, and those of the next one after it', async () => {
    const node = await startLiving()
    const projectId = await createProject(node)
    const first = await node.engine.create(actor, { projectId, stages: 'rest' })
    const second = await node.engine.create(actor, { projectId, stages: ['first'], instruction: 'shorter' })
    for (const text of ['one', 'two \u{1F600}', 'three', 'short']) answer(await node.model.nextCall(), text)
    expect(await node.endOf(first.taskId)).toMatchObject({ status: 'completed', rewrites: [{}, { length: 6 }, {}] })
    expect(await node.endOf(second.taskId)).toMatchObject({ status: 'completed' })
    expect(await node.lastText(projectId, 'first')).toBe('short')
  })

  it('D32 stops a task with its text, and ends those of a removed project', async () => {
    const node = await startLiving()
    const projectId = await createProject(node)
    const { taskId } = await node.engine.create(actor, { projectId, stages: ['first', 'second'] })
    const call = await node.model.nextCall()
    call.send('kept')
    await durable(projectId, 4)
    await node.engine.cancel(actor, taskId)
    await call.aborted
    expect(await node.endOf(taskId)).toMatchObject({
      status: 'cancelled',
      rewrites: [{ length: 4, ending: 'stopped' }],
    })
    const retried = await node.engine.retry(actor, taskId)
    await node.model.nextCall()
    await node.projects.remove(actor, projectId)
    await statusOf(storage, retried.taskId, 'cancelled')
  })

  it('D33 ends a task failed whose next stage was locked, and goes on after a review', async () => {
    const node = await startLiving()
    const projectId = await createProject(node)
    const locked = await node.engine.create(actor, { projectId, stages: ['first', 'second'] })
    const call = await node.model.nextCall()
    await node.stages.lock(actor, { projectId, stage: 'second', locked: true })
    answer(call, 'one')
    expect(await node.endOf(locked.taskId)).toMatchObject({ status: 'failed', failure: { code: 'stage.locked' } })
    await node.stages.lock(actor, { projectId, stage: 'second', locked: false })
    const reviewed = await node.engine.create(actor, { projectId, stages: ['first', 'second'], reviewEach: true })
    answer(await node.model.nextCall(), 'one again')
    await statusOf(storage, reviewed.taskId, 'waiting')
    await node.engine.resume(actor, reviewed.taskId)
    answer(await node.model.nextCall(), 'two')
    expect((await node.endOf(reviewed.taskId)).status).toBe('completed')
  })

  it('D34 goes on from the checkpoint of a dead process, whose late write changes nothing', async () => {
    const dead = await start()
    const projectId = await createProject(dead, 'book')
    const { taskId } = await dead.engine.create(actor, { projectId, stages: ['chapters'] })
    answer(await dead.model.nextCall(), 'one. ')
    const cut = await dead.model.nextCall()
    cut.send('tw')
    await durable(projectId, 7)
    dead.cut.hold()
    cut.send('o and late')

    const node = await startLiving()
    const call = await node.model.nextCall()
    dead.cut.letThrough()
    answer(call, 'two. ')
    answer(await node.model.nextCall(), 'three.')
    expect((await node.endOf(taskId)).status).toBe('completed')
    expect(await node.lastText(projectId, 'chapters')).toBe('one. two. three.')
    const [rewrite] = (await storage.database.taskWithRewrites(taskId))!.rewrites
    expect(rewrite!.spans.map((span) => span.from)).toEqual([0, 5])
    await dead.close()
  })
})

function answer(call: ScriptedCall, text: string): void {
  call.send(text)
  call.finish()
}

async function statusOf({ database }: TestStorage, taskId: string, status: string): Promise<void> {
  while ((await database.taskLook(taskId))!.task.status !== status);
}
