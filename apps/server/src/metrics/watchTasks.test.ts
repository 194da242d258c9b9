import type { Database } from '@stagewright/core'
import { createMemoryStorage, createNodeCrypto } from '@stagewright/core/testing'
import { expect, it } from 'vitest'
import { seedProject, seedTask, setStatus } from '../../../../packages/core/src/testing/seeds.ts'
import { createInstruments } from './instruments.ts'
import { watchTasks } from './watchTasks.ts'

async function counts(instruments: ReturnType<typeof createInstruments>): Promise<unknown> {
  const [created, ended] = await Promise.all([instruments.tasksCreated.get(), instruments.tasksEnded.get()])
  return [created.values[0]?.value ?? 0, ended.values.map(({ labels, value }) => [labels.status, labels.code, value])]
}

/** Every transaction is rolled back once and then run again, as after a deadlock. */
function rerunning({ database }: { database: Database }): Database {
  return {
    ...database,
    async transaction(work) {
      const refused = database.transaction(async (tx) => {
        await work(tx)
        throw new Error('refused')
      })
      await expect(refused).rejects.toThrow('refused')
      return database.transaction(work)
    },
  }
}

it('Q2 a task is counted once, when its transaction has committed, however often that was run', async () => {
  const instruments = createInstruments()
  const storage = createMemoryStorage({ crypto: createNodeCrypto() })
  const project = await seedProject(storage.database)
  const database = watchTasks(rerunning(storage), instruments)
  const task = await seedTask(database, project)
  expect(await counts(instruments)).toEqual([1, []])
  await setStatus(database, task.id, 'running')
  await setStatus(database, task.id, 'failed')
  expect(await counts(instruments)).toEqual([1, [['failed', 'server.internal', 1]]])
  const rolledBack = database.transaction(async (tx) => {
    await tx.updateTask((await tx.task(task.id))!.id, {}, { status: 'cancelled' })
    throw new Error('no')
  })
  await expect(rolledBack).rejects.toThrow()
  expect(await counts(instruments)).toEqual([1, [['failed', 'server.internal', 1]]])
})
