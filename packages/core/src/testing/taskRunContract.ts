import { describe, expect, it } from 'vitest'
import { UniqueViolation } from '../ports/database.ts'
import type { StorageOf } from './openedStorage.ts'
import { crypto, seedClosedRewrite, seedHome, seedProject, seedTask, setStatus, trickyText } from './seeds.ts'

/** Attempts and calls, and what limits, wakes and sweeps tasks. */
export function taskRunContract(storage: StorageOf): void {
  describe('attempts', () => {
    it('are numbered once and end once: the first outcome stays', async () => {
      const { database } = storage()
      const task = await seedTask(database, await seedProject(database))
      const insert = (attempt: number, workerId: string) =>
        database.transaction((tx) => tx.insertAttempt({ taskId: task.id, attempt, workerId }))
      await insert(1, 'w1')
      await insert(2, 'w2')
      await expect(insert(2, 'w3')).rejects.toThrow(UniqueViolation)
      await database.transaction((tx) => tx.endAttempt(task.id, 1, 'superseded'))
      const [ended, running] = (await database.taskDetails(task.id))!.attempts
      const startedAt = expect.any(Date)
      expect(ended).toEqual({
        taskId: task.id,
        attempt: 1,
        workerId: 'w1',
        outcome: 'superseded',
        startedAt,
        endedAt: startedAt,
      })
      expect(running).toEqual({ taskId: task.id, attempt: 2, workerId: 'w2', outcome: null, startedAt, endedAt: null })
      await database.transaction((tx) => tx.endAttempt(task.id, 1, 'cancelled'))
      expect((await database.taskDetails(task.id))!.attempts).toEqual([ended, running])
    })
  })

  describe('calls', () => {
    it('keep what was sent and what came of it', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const task = await seedTask(database, project)
      const call = draftCall(task.id, project.userId)
      const second = { ...draftCall(task.id, project.userId), attempt: 2 }
      await database.insertCall(call)
      await database.insertCall(second)
      const unset = {
        outcome: null,
        failure: null,
        firstTextMs: null,
        promptTokens: null,
        completionTokens: null,
        reasoning: null,
      }
      const begun = { ...unset, usageEstimated: false, startedAt: expect.any(Date), endedAt: null }
      const callsOf = async () => (await database.taskDetails(task.id))!.calls
      expect(await callsOf()).toEqual([
        { ...call, ...begun },
        { ...second, ...begun },
      ])
      const failure = { code: 'provider.rateLimited' as const, message: '慢一点', params: { status: 429 } }
      const usage = { firstTextMs: 120, promptTokens: 10, completionTokens: 20, usageEstimated: true }
      const ending = { outcome: 'failed' as const, failure, ...usage, reasoning: trickyText }
      await database.endCall(call.id, ending)
      expect((await callsOf()).find((row) => row.id === call.id)).toEqual({
        ...call,
        ...begun,
        ...ending,
        endedAt: expect.any(Date),
      })
      expect((await callsOf()).find((row) => row.id === second.id)).toEqual({ ...second, ...begun })
    })

    it('are counted per user over the last hour, with the age of the oldest', async () => {
      const { database, passTime } = storage()
      const project = await seedProject(database)
      const task = await seedTask(database, project)
      const lastHour = (userId: string) => database.transaction((tx) => tx.callsInLastHour(userId))
      expect(await lastHour(project.userId)).toEqual({ count: 0, oldestAgeMs: 0 })
      await database.insertCall(draftCall(task.id, project.userId))
      await passTime(50 * 60_000)
      await database.insertCall(draftCall(task.id, project.userId))
      const both = await lastHour(project.userId)
      expect(both.count).toBe(2)
      expect(both.oldestAgeMs).toBeGreaterThanOrEqual(50 * 60_000)
      expect(both.oldestAgeMs).toBeLessThan(51 * 60_000)
      await passTime(11 * 60_000)
      const younger = await lastHour(project.userId)
      expect(younger.count).toBe(1)
      expect(younger.oldestAgeMs).toBeGreaterThanOrEqual(11 * 60_000)
      expect(younger.oldestAgeMs).toBeLessThan(12 * 60_000)
      expect(await lastHour(crypto.newId())).toEqual({ count: 0, oldestAgeMs: 0 })
    })
  })

  describe('limits and places', () => {
    it('count tasks by status, of one user or of all', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const inAll = (statuses: ('queued' | 'running' | 'completed')[]) =>
        database.transaction((tx) => tx.countTasks({ statuses }))
      const ofUser = (statuses: ('queued' | 'running' | 'completed')[]) =>
        database.transaction((tx) => tx.countTasks({ userId: project.userId, statuses }))
      const before = await inAll(['queued'])
      for (const status of ['queued', 'queued', 'running', 'completed'] as const) {
        const task = await seedTask(database, project)
        if (status !== 'queued') await setStatus(database, task.id, status)
      }
      await seedTask(database, await seedProject(database))
      expect(await ofUser(['queued'])).toBe(2)
      expect(await ofUser(['running', 'completed'])).toBe(2)
      expect(await ofUser([])).toBe(0)
      expect(await inAll(['queued'])).toBe(before + 3)
    })

    it('list the live tasks of a project, oldest first', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const ids: string[] = []
      for (const status of ['waiting', 'completed', 'running', 'queued', 'cancelled', 'queued', 'failed'] as const) {
        const task = await seedTask(database, project)
        if (status !== 'queued') await setStatus(database, task.id, status)
        if (!['completed', 'cancelled', 'failed'].includes(status)) ids.push(task.id)
      }
      await seedTask(database, await seedProject(database, project))
      expect((await database.transaction((tx) => tx.liveTasksOf(project.projectId))).map((task) => task.id)).toEqual(
        ids,
      )
      expect((await database.projectLook(project.projectId))?.tasks.map((task) => task.id)).toEqual(ids)
    })

    it('say how many queued tasks of the user or the project stand before one', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const [other, stranger] = [await seedProject(database, project), await seedHome(database)]
      const running = await seedTask(database, project)
      await setStatus(database, running.id, 'running')
      const first = await seedTask(database, project)
      const elsewhere = await seedTask(database, other)
      const shared = await seedTask(database, project, { createdBy: stranger.userId })
      const last = await seedTask(database, other)
      await seedTask(database, await seedProject(database))
      const positions = await Promise.all(
        [first, elsewhere, shared, last].map((task) => database.queuePosition(task.id)),
      )
      expect(positions).toEqual([0, 1, 1, 2])
      expect(await database.queuePosition(running.id)).toBeNull()
      expect(await database.queuePosition(crypto.newId())).toBeNull()
    })

    it('name the queued tasks of the project and then the user’s others, oldest first, each once, up to a limit', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const [other, stranger] = [await seedProject(database, project), await seedHome(database)]
      const ofStranger = await seedTask(database, project, { createdBy: stranger.userId })
      const ofUser = await seedTask(database, other)
      const ofBoth = await seedTask(database, project)
      const running = await seedTask(database, other)
      await setStatus(database, running.id, 'running')
      await seedTask(database, await seedProject(database, stranger))
      const where = { projectId: project.projectId, userId: project.userId }
      const wake = (limit: number) => database.transaction((tx) => tx.queuedTasksToWake({ ...where, limit }))
      const expected = [ofStranger, ofBoth, ofUser].map((task) => ({ id: task.id, projectId: task.projectId }))
      expect(await wake(10)).toEqual(expected)
      expect(await wake(2)).toEqual(expected.slice(0, 2))
    })

    it('tell how long the stages of a pipeline took and how long their texts were, the newest first, up to a limit', async () => {
      const { database, passTime } = storage()
      const project = await seedProject(database)
      const other = await seedProject(database, {
        userId: project.userId,
        workspaceId: project.workspaceId,
        pipeline: 'code',
      })
      let no = 0
      const runOnce = async (given: { part?: string } = {}, of = project, text = 'text') => {
        const task = await seedTask(database, of, given)
        const rewriteId = await seedClosedRewrite(database, of.projectId, { no: ++no, text })
        await database.transaction((tx) =>
          tx.updateTaskStage(task.id, 'rewrite', { status: 'running', rewriteId, startedAt: 'now' }),
        )
        await passTime(1_500)
        await database.transaction((tx) => tx.updateTaskStage(task.id, 'rewrite', { status: 'done', endedAt: 'now' }))
      }
      await runOnce()
      await runOnce({}, project, 'a longer text')
      await runOnce({ part: '1' })
      await runOnce({}, other)
      await runOnce({}, await seedProject(database))
      await seedTask(database, project)
      const runs = await database.pastRuns(project.workspaceId, 'story', 10)
      expect(runs.map(({ key, length }) => [key, length])).toEqual([
        ['rewrite', 13],
        ['rewrite', 4],
      ])
      for (const { durationMs } of runs) expect(durationMs).toBeGreaterThanOrEqual(1_400)
      expect(await database.pastRuns(project.workspaceId, 'story', 1)).toEqual(runs.slice(0, 1))
      expect(await database.pastRuns('nobody', 'story', 1)).toEqual([])
    })

    it('name the running tasks that were asked to stop, of those asked about', async () => {
      const { database } = storage()
      const tasks = await Promise.all(
        Array.from({ length: 4 }, async () => seedTask(database, await seedProject(database))),
      )
      const [asked, unasked, queued, other] = tasks.map((task) => task.id) as [string, string, string, string]
      for (const taskId of [asked, unasked, other]) await setStatus(database, taskId, 'running')
      for (const taskId of [asked, queued, other]) {
        await database.transaction((tx) => tx.updateTask(taskId, {}, { cancelRequestedAt: 'now' }))
      }
      expect(await database.cancelRequested([asked, unasked, queued, crypto.newId()])).toEqual([asked])
      expect(await database.cancelRequested([])).toEqual([])
    })
  })

  describe('the sweep', () => {
    it('sees queued, running and waiting tasks with their ages, and no ended ones', async () => {
      const { database, passTime } = storage()
      const project = await seedProject(database)
      const task = await seedTask(database, project)
      const ended = await seedTask(database, project)
      await setStatus(database, ended.id, 'completed')
      const rowOf = async (taskId: string) => (await database.sweepRows()).find((row) => row.id === taskId)
      const minutes = (ms: number) => Math.floor(ms / 60_000)
      const update = (patch: object) => database.transaction((tx) => tx.updateTask(task.id, {}, patch))

      await passTime(10 * 60_000)
      const queued = (await rowOf(task.id))!
      expect(queued).toMatchObject({
        projectId: project.projectId,
        status: 'queued',
        hasLiveJob: false,
        ranForMs: 0,
        waitedForMs: 0,
      })
      expect(minutes(queued.queuedForMs)).toBe(10)

      await update({ status: 'running', firstClaimedAt: 'now', startedAt: 'now' })
      await passTime(20 * 60_000)
      const running = (await rowOf(task.id))!
      expect(running).toMatchObject({ status: 'running', waitedForMs: 0 })
      expect(minutes(running.ranForMs)).toBe(20)

      await update({ status: 'waiting', waitingSince: 'now' })
      await passTime(5 * 60_000)
      const waiting = (await rowOf(task.id))!
      expect([waiting.status, minutes(waiting.waitedForMs), minutes(waiting.ranForMs)]).toEqual(['waiting', 5, 20])

      await update({ status: 'running', waitingSince: null, waitedMs: 5 * 60_000 })
      const resumed = (await rowOf(task.id))!
      expect([minutes(resumed.ranForMs), resumed.waitedForMs]).toEqual([20, 0])
      expect(await rowOf(ended.id)).toBeUndefined()
    })
  })
}

function draftCall(taskId: string, createdBy: string) {
  const provider = { providerId: 'p', providerName: 'Demo', model: 'm' }
  const messages = [
    { role: 'system' as const, content: 'Write.' },
    { role: 'user' as const, content: trickyText },
  ]
  return { id: crypto.newId(), taskId, attempt: 1, stageKey: 'rewrite', createdBy, ...provider, messages }
}
