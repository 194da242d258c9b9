import { describe, expect, it } from 'vitest'
import { UniqueViolation } from '../ports/database.ts'
import { endedStatuses } from '../records.ts'
import type { StorageOf } from './openedStorage.ts'
import { crypto, draftTask, seedOpenRewrite, seedProject, seedTask, setStatus, trickyText } from './seeds.ts'

/** Tasks, their stages, attempts and calls. */
export function taskContract(storage: StorageOf): void {
  const taskOf = (taskId: string) => storage().database.transaction((tx) => tx.task(taskId))

  describe('tasks', () => {
    it('remember the one part, or the text to go on with, that they are for', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      for (const start of [{ part: '第3节' }, { continueFrom: crypto.newId() }]) {
        const given = draftTask(project, start)
        await database.transaction((tx) => tx.insertTask(given))
        expect(await taskOf(given.id)).toMatchObject({ part: null, continueFrom: null, ...start })
      }
    })

    it('begin queued, as they were given', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const words = { instruction: trickyText, inputs: { storyboard: trickyText }, model: 'm', idempotencyKey: 'k' }
      const given = draftTask(project, {
        stages: ['rewrite', 'storyboard'],
        ...words,
        reviewEach: true,
        retryOf: crypto.newId(),
        eventSeq: 4,
      })
      await database.transaction((tx) => tx.insertTask(given))
      const zeroes = { attempt: 0, crashes: 0, furthestLength: 0, promptTokens: 0, completionTokens: 0, waitedMs: 0 }
      const times = {
        cancelRequestedAt: null,
        firstClaimedAt: null,
        waitingSince: null,
        startedAt: null,
        endedAt: null,
        removedAt: null,
      }
      const unset = {
        status: 'queued',
        outside: null,
        currentStage: null,
        workerId: null,
        jobId: null,
        failure: null,
        usageEstimated: false,
      }
      const stamps = { createdAt: expect.any(Date), updatedAt: expect.any(Date) }
      expect(await taskOf(given.id)).toEqual({ ...given, ...zeroes, ...times, ...unset, ...stamps })
      const run = { taskId: given.id, status: 'queued', rewriteId: null, promptTokens: 0, completionTokens: 0 }
      const open = { ...run, score: null, summary: null, failure: null, startedAt: null, endedAt: null }
      expect(await database.transaction((tx) => tx.taskStages(given.id))).toEqual([
        { ...open, key: 'rewrite', position: 0 },
        { ...open, key: 'storyboard', position: 1 },
      ])
      expect(await taskOf(crypto.newId())).toBeNull()
    })

    it('are made once per user and idempotency key', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const task = await seedTask(database, project, { idempotencyKey: 'key' })
      const repeat = await seedTask(database, project, { idempotencyKey: 'key' }).catch((error: unknown) => error)
      expect(repeat).toBeInstanceOf(UniqueViolation)
      expect((repeat as UniqueViolation).constraint).toBe('tasks_created_by_idempotency_key_key')
      await seedTask(database, await seedProject(database), { idempotencyKey: 'key' })
      await seedTask(database, project)
      await seedTask(database, project)
      const byKey = (userId: string, key: string) => database.transaction((tx) => tx.taskByIdempotencyKey(userId, key))
      expect(await byKey(project.userId, 'key')).toEqual(task)
      expect(await byKey(project.userId, 'other')).toBeNull()
      expect(await byKey(crypto.newId(), 'key')).toBeNull()
    })

    it('are made once also when 10 ask at once', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const tries = await Promise.allSettled(
        Array.from({ length: 10 }, () =>
          database.transaction((tx) => tx.insertTask(draftTask(project, { idempotencyKey: 'key' }))),
        ),
      )
      const refusals = tries.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason as unknown] : []))
      expect(refusals).toHaveLength(9)
      for (const refusal of refusals) expect(refusal).toBeInstanceOf(UniqueViolation)
    })

    it('forget their idempotency key when it is old enough', async () => {
      const { database, passTime } = storage()
      const project = await seedProject(database)
      const old = await seedTask(database, project, { idempotencyKey: 'old' })
      await passTime(60_000)
      const young = await seedTask(database, project, { idempotencyKey: 'young' })
      await database.forgetIdempotencyKeys(30_000)
      expect((await taskOf(old.id))?.idempotencyKey).toBeNull()
      expect((await taskOf(young.id))?.idempotencyKey).toBe('young')
      await seedTask(database, project, { idempotencyKey: 'old' })
    })

    it('change where attempt and status are what the caller thinks, and nowhere else', async () => {
      const { database } = storage()
      const task = await seedTask(database, await seedProject(database))
      const update = (where: { attempt?: number; statuses?: ('queued' | 'running' | 'waiting')[] }) =>
        database.transaction((tx) => tx.updateTask(task.id, where, { crashes: 1 }))
      expect(await update({ attempt: 1 })).toBe(false)
      expect(await update({ statuses: ['running', 'waiting'] })).toBe(false)
      expect(await update({ attempt: 1, statuses: ['queued'] })).toBe(false)
      expect(await update({ statuses: [] })).toBe(false)
      expect(await database.transaction((tx) => tx.updateTask(crypto.newId(), {}, { crashes: 1 }))).toBe(false)
      expect(await taskOf(task.id)).toEqual(task)
      expect(await update({ attempt: 0, statuses: ['queued', 'running'] })).toBe(true)
      expect(await update({})).toBe(true)
      expect(await taskOf(task.id)).toEqual({ ...task, crashes: 1, updatedAt: expect.any(Date) })
    })

    it('change in a held project too, before the transaction commits, and must be there', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const task = await seedTask(database, project)
      await database.transaction(async (tx) => {
        await tx.touchProject(project.projectId)
        await tx.updateHeldTask(task.id, { crashes: 1 })
        await tx.insertAttempt({ taskId: task.id, attempt: 1, workerId: 'w' })
        expect(await tx.task(task.id)).toMatchObject({ crashes: 1 })
        await tx.updateHeldTask(task.id, { crashes: 2, startedAt: 'now' })
      })
      const updated = { ...task, crashes: 2, startedAt: expect.any(Date), updatedAt: expect.any(Date) }
      expect(await taskOf(task.id)).toEqual(updated)
      const missing = database.transaction((tx) => tx.updateHeldTask(crypto.newId(), { crashes: 1 }))
      await expect(missing).rejects.toThrow('task')
    })

    it('take every field of a patch; now is the time of the transaction, but only where a time stands', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const task = await seedTask(database, project, { idempotencyKey: 'key', instruction: 'old' })
      const counts = {
        attempt: 2,
        crashes: 1,
        furthestLength: 9,
        promptTokens: 3,
        completionTokens: 4,
        eventSeq: 77,
        waitedMs: 5_000,
      }
      const words = {
        status: 'waiting' as const,
        currentStage: 'rewrite',
        workerId: 'now',
        instruction: 'now',
        model: '模型',
      }
      const flags = {
        usageEstimated: true,
        reviewEach: true,
        idempotencyKey: null,
        requestHash: 'h2',
        retryOf: task.id,
        inputs: { a: '水🌊' },
      }
      const times = {
        cancelRequestedAt: 'now',
        firstClaimedAt: 'now',
        waitingSince: 'now',
        startedAt: new Date(0),
        removedAt: 'now',
      } as const
      const now = await database.transaction(async (tx) => {
        expect(await tx.updateTask(task.id, {}, { ...counts, ...words, ...flags, ...times })).toBe(true)
        return tx.now()
      })
      const stamped = {
        cancelRequestedAt: now,
        firstClaimedAt: now,
        waitingSince: now,
        removedAt: now,
        startedAt: new Date(0),
      }
      expect(await taskOf(task.id)).toEqual({ ...task, ...counts, ...words, ...flags, ...stamped, updatedAt: now })
      await database.transaction((tx) => tx.updateTask(task.id, {}, { waitingSince: null, workerId: null }))
      expect(await taskOf(task.id)).toMatchObject({ waitingSince: null, workerId: null, firstClaimedAt: now })
    })

    it('run one at a time in a project', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const [one, two] = [await seedTask(database, project), await seedTask(database, project)]
      const elsewhere = await seedTask(database, await seedProject(database, project))
      await setStatus(database, one.id, 'running')
      await expect(setStatus(database, two.id, 'running')).rejects.toThrow(UniqueViolation)
      await setStatus(database, elsewhere.id, 'running')
      await setStatus(database, one.id, 'waiting')
      await setStatus(database, two.id, 'running')
      expect([(await taskOf(one.id))?.status, (await taskOf(two.id))?.status]).toEqual(['waiting', 'running'])
    })

    it.each(endedStatuses)('that are %s stay so', async (status) => {
      const { database } = storage()
      const task = await seedTask(database, await seedProject(database), { idempotencyKey: 'key' })
      await setStatus(database, task.id, status)
      const ended = await taskOf(task.id)
      const others = (['queued', 'running', 'waiting', ...endedStatuses] as const).filter((next) => next !== status)
      for (const next of others) await expect(setStatus(database, task.id, next)).rejects.toBeInstanceOf(Error)
      await expect(
        database.transaction((tx) => tx.updateTask(task.id, {}, { promptTokens: 9 })),
      ).rejects.toBeInstanceOf(Error)
      expect(await taskOf(task.id)).toEqual(ended)
      const allowed = { eventSeq: 99, idempotencyKey: null, removedAt: 'now' } as const
      expect(await database.transaction((tx) => tx.updateTask(task.id, {}, allowed))).toBe(true)
      expect(await taskOf(task.id)).toMatchObject({
        status,
        eventSeq: 99,
        idempotencyKey: null,
        removedAt: expect.any(Date),
      })
    })

    it('end with a time, and fail with a failure, or not at all', async () => {
      const { database } = storage()
      const task = await seedTask(database, await seedProject(database))
      const failure = {
        code: 'server.internal' as const,
        message: '坏了',
        params: { n: 1, s: 'x', b: true, none: null },
      }
      const update = (patch: object) => database.transaction((tx) => tx.updateTask(task.id, {}, patch))
      await expect(update({ status: 'completed' })).rejects.toBeInstanceOf(Error)
      await expect(update({ endedAt: 'now' })).rejects.toBeInstanceOf(Error)
      await expect(update({ status: 'failed', endedAt: 'now' })).rejects.toBeInstanceOf(Error)
      await expect(update({ status: 'cancelled', endedAt: 'now', failure })).rejects.toBeInstanceOf(Error)
      expect(await taskOf(task.id)).toEqual(task)
      expect(await update({ status: 'failed', endedAt: 'now', failure })).toBe(true)
      expect((await taskOf(task.id))?.failure).toEqual(failure)
    })
  })

  describe('stages of a task', () => {
    it('change only the fields of a patch', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const task = await seedTask(database, project, { stages: ['rewrite', 'camera'] })
      const before = await database.transaction((tx) => tx.taskStages(task.id))
      const rewriteId = await seedOpenRewrite(database, project.projectId, { taskId: task.id })
      const failure = { code: 'provider.failed' as const, message: 'No.' }
      const now = await database.transaction(async (tx) => {
        await tx.updateTaskStage(task.id, 'camera', { status: 'running', rewriteId, startedAt: 'now', summary: 'now' })
        await tx.updateTaskStage(task.id, 'camera', {
          status: 'failed',
          failure,
          promptTokens: 5,
          completionTokens: 6,
          score: 40,
          endedAt: 'now',
        })
        return tx.now()
      })
      const changed = {
        status: 'failed',
        rewriteId,
        summary: 'now',
        failure,
        promptTokens: 5,
        completionTokens: 6,
        score: 40,
        startedAt: now,
        endedAt: now,
      }
      expect(await database.transaction((tx) => tx.taskStages(task.id))).toEqual([
        before[0],
        { ...before[1], ...changed },
      ])
    })
  })
}
