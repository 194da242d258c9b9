// Each state that must not last, made past all our own code, found and mended.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readLoad } from '../figures/readLoad.ts'
import {
  appendPieces,
  crypto,
  seedOpenRewrite,
  seedProject,
  seedTask,
  setStatus,
} from '../../../core/src/testing/seeds.ts'
import { testDatabaseKinds } from '../testing/openTestDatabase.ts'
import { openTestStorage, type TestStorage } from '../testing/openTestStorage.ts'
import { findStuck, stuckAfterMs, type Stuck } from './findStuck.ts'
import { mendStuck } from './mendStuck.ts'

describe.each(testDatabaseKinds)('what is stuck on %s', (kind) => {
  let storage: TestStorage
  beforeAll(async () => {
    storage = await openTestStorage(kind)
  })
  afterAll(() => storage?.close())

  const parts = () => ({ pool: storage.opened.pool, database: storage.database, queue: storage.queue, crypto })
  const find = () => findStuck(storage.opened.pool)
  const run = (sql: string, ...values: unknown[]) => storage.opened.pool.query(sql, values)
  /** Everything so far happened long ago. */
  const letTimePass = async () => {
    await storage.passTime(2 * stuckAfterMs)
    const ago = `- interval '${2 * stuckAfterMs} milliseconds'`
    await run(`UPDATE pgboss.job SET heartbeat_on = heartbeat_on ${ago} WHERE state = 'active'`)
    await run(`UPDATE rewrites SET created_at = created_at ${ago} WHERE closed_at IS NULL`)
    await run(`UPDATE tasks SET updated_at = updated_at ${ago} WHERE ended_at IS NOT NULL`)
  }
  const sendJob = (task: { id: string; projectId: string }) =>
    storage.database.transaction((tx) => tx.sendJob({ taskId: task.id, projectId: task.projectId }))

  /** Found, too young at first; mended; and not there any more. */
  async function expectMended(stuck: Stuck): Promise<void> {
    expect(await find()).toEqual([])
    await letTimePass()
    expect(await find()).toEqual([stuck])
    expect(await mendStuck(parts(), stuck)).toBe(true)
    expect(await find()).toEqual([])
    expect(await mendStuck(parts(), stuck)).toBe(false)
  }

  it('Q5 a task without a job gets one', async () => {
    const project = await seedProject(storage.database)
    const { id: taskId, projectId } = await seedTask(storage.database, project)
    await expectMended({ type: 'taskWithoutJob', taskId, projectId, status: 'queued' })
    const [job] = await storage.queue.fetch(10)
    expect(job).toMatchObject({ taskId })
    await storage.queue.complete(job!)
    await setStatus(storage.database, taskId, 'cancelled')
  })

  it('Q5 a job whose worker is gone can be fetched again', async () => {
    const project = await seedProject(storage.database)
    const task = await seedTask(storage.database, project)
    await setStatus(storage.database, task.id, 'running')
    await sendJob(task)
    const [held] = await storage.queue.fetch(10)
    expect((await readLoad(storage.opened.pool, { limitMs: 5_000 })).jobs).toEqual({ waiting: 0, held: 1, stale: 0 })
    const { id: taskId, projectId } = task
    await expectMended({ type: 'leaseRunOut', jobId: held!.id, taskId, projectId })
    const [again] = await storage.queue.fetch(10)
    expect(again).toMatchObject({ id: held!.id, taskId })
    await storage.queue.complete(again!)
    await setStatus(storage.database, taskId, 'cancelled')
  })

  it('Q5 a job whose task is over is removed', async () => {
    const project = await seedProject(storage.database)
    const task = await seedTask(storage.database, project)
    await sendJob(task)
    await setStatus(storage.database, task.id, 'cancelled')
    const { rows } = await run(`SELECT id FROM pgboss.job WHERE state < 'completed'`)
    await expectMended({ type: 'jobWithoutTask', jobId: (rows[0] as { id: string }).id, taskId: task.id })
    expect(await storage.queue.fetch(10)).toEqual([])
  })

  it('Q5 a text whose task is over is closed with what is stored', async () => {
    const project = await seedProject(storage.database)
    const { projectId } = project
    const task = await seedTask(storage.database, project)
    const rewriteId = await seedOpenRewrite(storage.database, projectId, { taskId: task.id })
    await appendPieces(storage.database, rewriteId, { attempt: 1, offset: 0, pieces: ['What was ', 'stored 🌊'] })
    await setStatus(storage.database, task.id, 'cancelled')
    await expectMended({ type: 'openText', rewriteId, projectId, stage: 'rewrite' })
    const stored = await storage.database.storedTextFrom(rewriteId, 0)
    expect(stored).toMatchObject({ text: 'What was stored 🌊', rewrite: { ending: 'interrupted' } })
  })

  it('Q5 a text that is not as long as it says is left alone, and named', async () => {
    const { projectId } = await seedProject(storage.database)
    const rewriteId = await seedOpenRewrite(storage.database, projectId)
    await run('UPDATE rewrites SET length = 7 WHERE id = $1', rewriteId)
    await letTimePass()
    const stuck: Stuck = { type: 'openText', rewriteId, projectId, stage: 'rewrite' }
    await expect(mendStuck(parts(), stuck)).rejects.toThrow(
      `${rewriteId} says that it has 7 characters, and 0 are stored`,
    )
    await run('DELETE FROM rewrites WHERE id = $1', rewriteId)
  })

  it('Q5 a stage that no task is going to run is freed', async () => {
    const { projectId } = await seedProject(storage.database)
    await storage.database.transaction((tx) => tx.updateStage(projectId, 'rewrite', { status: 'running' }))
    await expectMended({ type: 'heldStage', projectId, stage: 'rewrite', status: 'running' })
    const look = await storage.database.projectLook(projectId)
    expect(look?.stages.find(({ key }) => key === 'rewrite')?.status).toBe('ready')
  })

  it('Q5 what is at work, waits for its turn or for a review is none of it', async () => {
    const [running, queued] = [await seedProject(storage.database), await seedProject(storage.database)]
    const tasks = [await seedTask(storage.database, running), await seedTask(storage.database, queued)]
    for (const task of tasks) await sendJob(task)
    const held = await storage.queue.fetch(1)
    await setStatus(storage.database, held[0]!.taskId, 'running')
    const review = await seedTask(storage.database, await seedProject(storage.database))
    await setStatus(storage.database, review.id, 'waiting')
    for (const { projectId } of [running, queued, review])
      await storage.database.transaction((tx) => tx.updateStage(projectId, 'rewrite', { status: 'queued' }))
    await seedOpenRewrite(storage.database, held[0]!.projectId, { taskId: held[0]!.taskId })
    await letTimePass()
    await storage.queue.touch(held)
    expect(await find()).toEqual([])
  })
})
