import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { type Database, UniqueViolation } from '../ports/database.ts'
import type { StorageOf } from './openedStorage.ts'
import {
  appendPieces,
  closingOf,
  crypto,
  draftRewrite,
  draftTask,
  seedOpenRewrite,
  seedProject,
  seedTask,
  trickyText,
} from './seeds.ts'

/** Everything or nothing, one after another where rows are shared, and numbers in order of commit. */
export function transactionContract(storage: StorageOf): void {
  describe('transactions', () => {
    it('answers what the work answers and passes its error on as it is', async () => {
      const { database } = storage()
      expect(await database.transaction(async () => ({ a: [1, 'two', null] }))).toEqual({ a: [1, 'two', null] })
      const refusal = new AppError('stage.busy', 'Busy.')
      await expect(database.transaction(() => Promise.reject(refusal))).rejects.toBe(refusal)
    })

    it('keeps one time', async () => {
      const { database } = storage()
      const times = await database.transaction(async (tx) => [await tx.now(), await tx.now()])
      expect(times[0]).toBeInstanceOf(Date)
      expect(times[1]).toEqual(times[0])
    })

    it('leaves nothing of a transaction that fails, no row, number, text or job', async () => {
      const { database, queue } = storage()
      const project = await seedProject(database)
      const { projectId, userId, workspaceId } = project
      const task = await seedTask(database, project)
      const rewriteId = await seedOpenRewrite(database, projectId)
      await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: ['kept'] })
      const look = async () => [
        await database.projectLook(projectId),
        { ...(await database.taskDetails(task.id)), readAt: null },
        await database.changedTasks(workspaceId, 0, 10),
        await database.storedTextFrom(rewriteId, 0),
        await database.draftOf(projectId, 'rewrite', userId),
        (await database.sweepRows()).find((row) => row.id === task.id)?.hasLiveJob,
      ]
      const before = await look()
      const added = { task: draftTask(project), project: crypto.newId() }

      const failing = database.transaction(async (tx) => {
        await tx.touchProject(projectId)
        await tx.updateProject(projectId, { title: 'Never' })
        await tx.updateStage(projectId, 'rewrite', { status: 'failed' })
        await tx.insertProject(
          { id: added.project, workspaceId, createdBy: userId, pipeline: 'story', title: '', input: {} },
          ['a'],
        )
        await tx.saveDraft({ projectId, stageKey: 'rewrite', userId, text: 'x', baseRewriteId: null })
        await tx.insertTask({ ...added.task, eventSeq: await tx.touchWorkspace(workspaceId) })
        await tx.updateTask(task.id, {}, { status: 'running', attempt: 1, startedAt: 'now' })
        await tx.updateTaskStage(task.id, 'rewrite', { status: 'running' })
        await tx.insertAttempt({ taskId: task.id, attempt: 1, workerId: 'w' })
        await tx.takeOverRewrite(rewriteId, { attempt: 2, keepUpTo: 2 })
        await tx.closeRewrite(rewriteId, { attempt: 2, length: 2 }, closingOf('ke'))
        await tx.insertOpenRewrite(draftRewrite(projectId, { no: 2 }))
        await tx.sendJob({ taskId: task.id, projectId })
        throw new Error('Back')
      })
      await expect(failing).rejects.toThrow('Back')

      expect(await look()).toEqual(before)
      expect(await database.taskLook(added.task.id)).toBeNull()
      expect(await database.projectHead(added.project)).toBeNull()
      expect((await queue.fetch(1_000)).filter((job) => job.taskId === task.id)).toEqual([])
      expect(await appendPieces(database, rewriteId, { attempt: 1, offset: 4, pieces: ['!'] })).toBe(5)
    })

    it('leaves nothing when a constraint refuses its last step', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      await seedTask(database, project, { idempotencyKey: 'once' })
      const failing = database.transaction(async (tx) => {
        await tx.updateProject(project.projectId, { title: 'Never' })
        await tx.insertTask(draftTask(project, { idempotencyKey: 'once' }))
      })
      await expect(failing).rejects.toThrow(UniqueViolation)
      expect((await database.projectHead(project.projectId))?.title).toBe('A title')
    })

    it('sees its own changes; a read from outside never sees what is not committed', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      // Begun inside and awaited outside: a storage with one session answers it only when the transaction is over.
      const outside: Promise<string | undefined>[] = []
      const failing = database.transaction(async (tx) => {
        await tx.updateProject(projectId, { title: 'Never' })
        outside.push(database.projectHead(projectId).then((project) => project?.title))
        expect((await tx.touchProject(projectId))?.title).toBe('Never')
        throw new Error('Back')
      })
      await expect(failing).rejects.toThrow('Back')
      expect(await Promise.all(outside)).toEqual(['A title'])
    })

    it('hands out copies: changing what was given or read changes no row', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const inputs = { rewrite: 'mine' }
      const task = await seedTask(database, project, { inputs })
      inputs.rewrite = 'changed'
      task.stages.push('camera')
      const look = (await database.taskLook(task.id))!
      look.task.createdAt.setTime(0)
      expect((await database.taskLook(task.id))?.task).toMatchObject({
        inputs: { rewrite: 'mine' },
        stages: ['rewrite'],
      })
      expect((await database.taskLook(task.id))?.task.createdAt.getTime()).toBeGreaterThan(0)
    })

    it('lets 20 transactions at once raise one revision 20 times', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const before = (await database.projectRevision(projectId))!
      const raise = (title: string) =>
        database.transaction(async (tx) => {
          const touched = (await tx.touchProject(projectId))!
          await tx.updateProject(projectId, { title: `${touched.title}${title}` })
          return touched.revision
        })
      const revisions = await Promise.all(Array.from({ length: 20 }, () => raise('+')))
      expect(revisions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => before + 1 + at))
      expect(await database.projectHead(projectId)).toMatchObject({
        revision: before + 20,
        title: `A title${'+'.repeat(20)}`,
      })
    })

    it('gives event numbers in order of commit: a reader that follows them misses none of 20 at once', async () => {
      const { database } = storage()
      const home = await seedProject(database)
      const projects = await Promise.all(Array.from({ length: 20 }, () => seedProject(database, home)))
      const commits = Promise.all(
        projects.map((project, at) =>
          database.transaction(async (tx) => {
            // Both ways to a number.
            if (at % 2 === 0) await tx.touchProject(project.projectId)
            const eventSeq =
              at % 2 === 0
                ? await tx.touchWorkspace(home.workspaceId)
                : (await tx.touchProjectAndWorkspace(project.projectId))!.eventSeq
            // Some hold their number longer than others before they commit.
            for (let step = 0; step < at % 4; step++) await tx.storedText(crypto.newId())
            await tx.insertTask(draftTask(project, { eventSeq }))
          }),
        ),
      )
      const seen = await followNumbers(database, home.workspaceId, commits)
      expect(seen).toEqual(Array.from({ length: 20 }, (_, at) => at + 1))
    })

    it('stores text letter by letter, whatever is in it', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const rewriteId = await seedOpenRewrite(database, projectId, { instruction: trickyText })
      const length = await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: [trickyText] })
      expect(length).toBe(trickyText.length)
      expect(await database.transaction((tx) => tx.storedText(rewriteId))).toBe(trickyText)
      expect((await database.transaction((tx) => tx.rewrite(rewriteId)))?.instruction).toBe(trickyText)
    })
  })
}

/** The event numbers a reader gets who always asks for what came after the last one, until `commits` are all there. */
async function followNumbers(database: Database, workspaceId: string, commits: Promise<unknown>): Promise<number[]> {
  const writers = { areDone: false }
  const done = commits.finally(() => (writers.areDone = true))
  const seen: number[] = []
  // Bounded, because a storage in memory answers without giving a test's time limit a turn.
  for (let looks = 0; looks < 10_000; looks++) {
    const isLastLook = writers.areDone
    const { eventSeq, tasks } = await database.changedTasks(workspaceId, seen.at(-1) ?? 0, 7)
    seen.push(...tasks.map(({ task }) => task.eventSeq))
    if (tasks.length === 7) continue
    // The workspace's number and the rows are of one moment: nothing up to it may be missing.
    if (eventSeq !== (seen.at(-1) ?? 0))
      throw new Error(`At number ${eventSeq} the reader had only ${seen.join(', ')}.`)
    if (!isLastLook) continue
    await done
    return seen
  }
  throw new Error(`The writers did not end; the reader had ${seen.join(', ')}.`)
}
