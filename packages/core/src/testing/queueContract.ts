import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Job } from '../ports/queue.ts'
import type { StorageOf } from './openedStorage.ts'
import { crypto, seedProject, seedTask } from './seeds.ts'

/** Jobs: sent with the transaction, held under a lease, and changed only by whoever holds them now. */
export function queueContract(storage: StorageOf): void {
  const hasLiveJob = async (taskId: string) =>
    (await storage().database.sweepRows()).find((row) => row.id === taskId)?.hasLiveJob
  const send = (task: { id: string; projectId: string }, delayMs?: number) =>
    storage().database.transaction((tx) =>
      tx.sendJob({ taskId: task.id, projectId: task.projectId, ...(delayMs === undefined ? {} : { delayMs }) }),
    )
  const seedQueued = async () => seedTask(storage().database, await seedProject(storage().database))
  const seedSent = async () => {
    const task = await seedQueued()
    await send(task)
    return task
  }
  const fetchOne = async (): Promise<Job> => {
    const jobs = await storage().queue.fetch(10)
    expect(jobs).toHaveLength(1)
    return jobs[0]!
  }
  // Jobs of other tests would be counted and fetched here too.
  const emptyQueue = async () => {
    const { queue, passTime } = storage()
    await passTime(24 * 3_600_000)
    await queue.releaseAll()
    for (let jobs = await queue.fetch(100); jobs.length > 0; jobs = await queue.fetch(100)) {
      for (const job of jobs) await queue.complete(job)
    }
  }

  describe('jobs', () => {
    beforeEach(emptyQueue)
    afterEach(emptyQueue)

    it('are fetched once, up to the limit, after the commit', async () => {
      const { queue } = storage()
      const tasks = [await seedSent(), await seedSent(), await seedSent()]
      const first = await queue.fetch(2)
      const rest = await queue.fetch(10)
      expect([first.length, rest.length]).toEqual([2, 1])
      const fetched = [...first, ...rest]
      expect(fetched.map((job) => job.taskId).toSorted()).toEqual(tasks.map((task) => task.id).toSorted())
      const projectOf = new Map(tasks.map((task) => [task.id, task.projectId]))
      for (const job of fetched) expect(job).toEqual({ ...job, projectId: projectOf.get(job.taskId), retryCount: 0 })
      expect(await queue.fetch(10)).toEqual([])
    })

    it('go to one worker each when many fetch at once', async () => {
      const { queue } = storage()
      for (let count = 0; count < 5; count++) await seedSent()
      const fetched = (await Promise.all(Array.from({ length: 10 }, () => queue.fetch(2)))).flat()
      expect(fetched).toHaveLength(5)
      expect(new Set(fetched.map((job) => job.id)).size).toBe(5)
    })

    it('of a transaction that fails are never there', async () => {
      const { database, queue } = storage()
      const task = await seedQueued()
      const failing = database.transaction(async (tx) => {
        await tx.sendJob({ taskId: task.id, projectId: task.projectId })
        throw new Error('Back')
      })
      await expect(failing).rejects.toThrow('Back')
      expect(await queue.fetch(10)).toEqual([])
      expect(await hasLiveJob(task.id)).toBe(false)
    })

    it('with a delay are not fetched before it has passed', async () => {
      const { queue, passTime } = storage()
      const task = await seedQueued()
      await send(task, 60_000)
      expect(await queue.fetch(10)).toEqual([])
      expect(await hasLiveJob(task.id)).toBe(true)
      await passTime(61_000)
      expect((await fetchOne()).taskId).toBe(task.id)
    })

    it('are live for the sweep while they wait and while they are held, until they are completed', async () => {
      const { queue } = storage()
      const task = await seedQueued()
      expect(await hasLiveJob(task.id)).toBe(false)
      await send(task)
      expect(await hasLiveJob(task.id)).toBe(true)
      const job = await fetchOne()
      expect(await hasLiveJob(task.id)).toBe(true)
      await queue.release(job)
      expect(await hasLiveJob(task.id)).toBe(true)
      await queue.complete(await fetchOne())
      expect(await hasLiveJob(task.id)).toBe(false)
    })

    it('given back are fetched again at once, as another try', async () => {
      const { queue } = storage()
      await seedSent()
      const first = await fetchOne()
      await queue.release(first)
      const second = await fetchOne()
      expect(second).toEqual({ ...first, retryCount: second.retryCount })
      expect(second.retryCount).toBeGreaterThan(first.retryCount)
    })

    it('are taken back when their lease runs out, unless it was renewed', async () => {
      const { queue, expireLeases } = storage()
      const [lost, kept] = [await seedSent(), await seedSent()]
      const jobs = await queue.fetch(10)
      expect(await queue.supervise()).toBe(0)
      await expireLeases()
      const held = jobs.filter((job) => job.taskId === kept.id)
      expect(await queue.touch(held)).toEqual(held.map(({ id }) => id))
      expect(await queue.supervise()).toBe(1)
      const again = await fetchOne()
      expect(again.taskId).toBe(lost.id)
      expect(again.retryCount).toBeGreaterThan(0)
      expect(await queue.touch([])).toEqual([])
    })

    it('can be given back and lost many times and are still there', async () => {
      const { queue, expireLeases } = storage()
      const task = await seedSent()
      for (let round = 0; round < 6; round++) {
        await queue.release(await fetchOne())
        await fetchOne()
        await expireLeases()
        expect(await queue.supervise()).toBe(1)
      }
      expect((await fetchOne()).taskId).toBe(task.id)
    })

    it("can't be touched, completed or released by who held them before", async () => {
      const { database, queue, expireLeases } = storage()
      const task = await seedSent()
      const stale = await fetchOne()
      await expireLeases()
      await queue.supervise()
      await queue.complete(stale)
      expect(await hasLiveJob(task.id)).toBe(true)

      const held = await fetchOne()
      await queue.complete(stale)
      await database.transaction((tx) => tx.completeJob(stale))
      await queue.release(stale)
      expect(await queue.fetch(10)).toEqual([])
      expect(await hasLiveJob(task.id)).toBe(true)
      await expireLeases()
      expect(await queue.touch([stale])).toEqual([])
      expect(await queue.supervise()).toBe(1)

      const last = await fetchOne()
      expect(last.retryCount).toBeGreaterThan(held.retryCount)
      await database.transaction((tx) => tx.completeJob(last))
      expect(await hasLiveJob(task.id)).toBe(false)
    })

    it('are completed with the transaction or not at all', async () => {
      const { database, queue } = storage()
      const task = await seedSent()
      const job = await fetchOne()
      const failing = database.transaction(async (tx) => {
        await tx.completeJob(job)
        throw new Error('Back')
      })
      await expect(failing).rejects.toThrow('Back')
      expect(await hasLiveJob(task.id)).toBe(true)
      expect(await queue.fetch(10)).toEqual([])
      await database.transaction((tx) => tx.completeJob(job))
      expect(await hasLiveJob(task.id)).toBe(false)
    })

    it('have a state that a transaction can read, until they are done with', async () => {
      const { database, queue, expireLeases } = storage()
      const task = await seedSent()
      const stateOf = (id: string) => database.transaction((tx) => tx.jobState(id))
      const held = await fetchOne()
      expect(await stateOf(held.id)).toEqual({ isHeld: true, retryCount: held.retryCount })
      await expireLeases()
      await queue.supervise()
      expect(await stateOf(held.id)).toMatchObject({ isHeld: false })
      const again = await fetchOne()
      expect(await stateOf(held.id)).toEqual({ isHeld: true, retryCount: again.retryCount })
      await queue.complete(again)
      expect(await stateOf(held.id)).toBeNull()
      expect(await stateOf(task.id)).toBeNull()
    })

    it('that wait are removed with their task, delayed ones too; others stay', async () => {
      const { database, queue } = storage()
      const [ended, other] = [await seedSent(), await seedSent()]
      await send(ended, 60_000)
      await database.transaction((tx) => tx.removeJobs(ended.id))
      await database.transaction((tx) => tx.removeJobs(crypto.newId()))
      expect(await hasLiveJob(ended.id)).toBe(false)
      expect((await queue.fetch(10)).map((job) => job.taskId)).toEqual([other.id])
    })

    it('are all made fetchable at an embedded start', async () => {
      const { queue } = storage()
      const [one, two] = [await seedSent(), await seedSent()]
      const held = await queue.fetch(10)
      expect(await queue.releaseAll()).toBe(2)
      const again = await queue.fetch(10)
      expect(again.map((job) => job.taskId).toSorted()).toEqual([one.id, two.id].toSorted())
      for (const job of again) expect(job.retryCount).toBeGreaterThan(held.find(({ id }) => id === job.id)!.retryCount)
      for (const job of again) await queue.complete(job)
      expect(await queue.releaseAll()).toBe(0)
    })

    it('wake who listens, until it stops listening', async () => {
      const { queue } = storage()
      let wakes = 0
      const stopCounting = queue.onWake(() => wakes++)
      const nextWake = () =>
        new Promise<void>((resolve) => {
          const stop = queue.onWake(() => (stop(), resolve()))
        })
      const first = nextWake()
      await seedSent()
      await first
      expect(wakes).toBeGreaterThan(0)
      stopCounting()
      stopCounting()
      const heard = wakes
      const second = nextWake()
      await seedSent()
      await second
      expect(wakes).toBe(heard)
    })
  })
}
