import { afterEach, describe, expect, it } from 'vitest'
import { createDoorbell } from '../feed/doorbell.ts'
import type { Database } from '../ports.ts'
import { actor, closeAll, createStorage, open, setUp, until } from './testing/setUp.ts'

afterEach(closeAll)

/** So long that no test lives to see it. */
const never = 3_600_000

describe('a wish to stop from another process', () => {
  it('M2 reaches the worker by the bell, before the worker looks by itself', async () => {
    const storage = createStorage()
    const doorbell = createDoorbell()
    const settings = { cancelCheckEveryMs: never, cancelGraceMs: never }
    const setup = await setUp({ storage, doorbell, settings })
    const other = open({ provider: setup.model, storage, doorbell, settings })
    const { taskId } = await setup.engine.create(actor, { projectId: setup.projectId, stages: ['first'] })
    const call = await setup.model.nextCall()
    call.send('some text')
    await until(async () => (await storage.database.taskWithRewrites(taskId))?.rewrites[0]?.length === 9)
    await other.engine.cancel(actor, taskId)
    expect(await setup.endOf(taskId)).toMatchObject({ status: 'cancelled' })
    expect(await setup.lastText(setup.projectId, 'first')).toBe('some text')
  })

  it('M2 is looked up once for all tasks whose bells ring together, and never where the task runs', async () => {
    const storage = createStorage()
    const looks: (readonly string[])[] = []
    const database: Database = {
      ...storage.database,
      cancelRequested(taskIds) {
        looks.push(taskIds)
        return storage.database.cancelRequested(taskIds)
      },
    }
    const doorbell = createDoorbell()
    const setup = await setUp({ storage: { ...storage, database }, doorbell, settings: { cancelCheckEveryMs: never } })
    const ids: string[] = []
    for (let count = 0; count < 3; count += 1) {
      const { projectId } = await setup.projects.create(actor, { pipeline: 'three', input: { text: 'a topic' } })
      ids.push((await setup.engine.create(actor, { projectId, stages: ['first'] })).taskId)
      await setup.model.nextCall()
    }
    doorbell.ringAll()
    await until(() => looks.length > 0)
    expect(looks.map((taskIds) => [...taskIds].toSorted())).toEqual([ids.toSorted()])
    for (const taskId of ids) await setup.engine.cancel(actor, taskId)
    for (const taskId of ids) expect(await setup.endOf(taskId)).toMatchObject({ status: 'cancelled' })
    expect(looks).toHaveLength(1)
    expect(doorbell.size()).toBe(setup.feed.sizes().listeners)
    await setup.engine.stop()
    doorbell.ringAll('task')
    expect(looks).toHaveLength(1)
  })
})
