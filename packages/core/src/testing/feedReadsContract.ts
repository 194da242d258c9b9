import { describe, expect, it } from 'vitest'
import type { StorageOf } from './openedStorage.ts'
import {
  appendPieces,
  closingOf,
  crypto,
  piecesOf,
  seedClosedRewrite,
  seedOpenRewrite,
  seedProject,
  seedTask,
  setStatus,
  trickyText,
} from './seeds.ts'

/** What viewers read: stored text from any place, the project's level state, and what changed in a workspace. */
export function feedReadsContract(storage: StorageOf): void {
  const readFrom = (rewriteId: string, from: number) => storage().database.storedTextFrom(rewriteId, from)

  describe('stored text', () => {
    it('is read from every offset, in code units, while it is written and when it is closed', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const rewriteId = await seedOpenRewrite(database, projectId)
      await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: piecesOf(trickyText, 7) })
      const offsets = Array.from({ length: trickyText.length + 1 }, (_, offset) => offset)
      const readAll = () => Promise.all(offsets.map((offset) => readFrom(rewriteId, offset)))
      const head = () => database.transaction((tx) => tx.rewrite(rewriteId))
      const expected = async () => {
        const rewrite = await head()
        return offsets.map((from) => ({ rewrite, from, text: trickyText.slice(from) }))
      }
      expect(await readAll()).toEqual(await expected())
      const fence = { attempt: 1, length: trickyText.length }
      await database.transaction((tx) => tx.closeRewrite(rewriteId, fence, closingOf(trickyText)))
      expect((await head())?.closedAt).not.toBeNull()
      expect(await readAll()).toEqual(await expected())
    })

    it('beyond its end is empty, and of no rewrite null', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const rewriteId = await seedOpenRewrite(database, projectId)
      expect(await readFrom(rewriteId, 0)).toMatchObject({ rewrite: { id: rewriteId, length: 0 }, text: '' })
      await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: ['水🌊'] })
      expect(await readFrom(rewriteId, 4)).toMatchObject({ rewrite: { length: 3 }, text: '' })
      expect(await readFrom(crypto.newId(), 0)).toBeNull()
    })

    it('and its head are of one moment: a reader beside a writer sees no length without its text', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const rewriteId = await seedOpenRewrite(database, projectId)
      const pieces = piecesOf(trickyText, 2)
      const writer = { isDone: false }
      const writing = appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces }).finally(
        () => (writer.isDone = true),
      )
      const lengths: number[] = []
      while (!writer.isDone) {
        const { rewrite, text } = (await readFrom(rewriteId, 0))!
        expect(text).toBe(trickyText.slice(0, rewrite.length))
        lengths.push(rewrite.length)
      }
      expect(await writing).toBe(trickyText.length)
      expect(lengths).toEqual(lengths.toSorted((a, b) => a - b))
    })
  })

  describe('rewrites', () => {
    it('are found by number, by task and by stage', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const { projectId } = project
      const task = await seedTask(database, project)
      const first = await seedClosedRewrite(database, projectId, { no: 1 })
      const second = await seedOpenRewrite(database, projectId, { no: 2, taskId: task.id, stageKey: 'storyboard' })
      await database.transaction((tx) => tx.closeRewrite(second, { attempt: 1, length: 0 }, closingOf('', 'stopped')))
      const third = await seedClosedRewrite(database, projectId, { no: 3 })
      const fourth = await seedOpenRewrite(database, projectId, { no: 4, taskId: task.id })
      await seedClosedRewrite(database, (await seedProject(database)).projectId, { no: 3 })
      const idsOf = (rewrites: { id: string }[]) => rewrites.map((rewrite) => rewrite.id)
      expect((await database.rewriteByNo(projectId, 3))?.id).toBe(third)
      expect(await database.rewriteByNo(projectId, 5)).toBeNull()
      expect(idsOf((await database.taskWithRewrites(task.id))!.rewrites)).toEqual([second, fourth])
      expect(idsOf((await database.taskDetails(task.id))!.rewrites)).toEqual([second, fourth])
      expect((await database.taskWithRewrites(task.id))!.task).toEqual((await database.taskLook(task.id))!.task)
      expect(idsOf(await database.versions(projectId, 'rewrite'))).toEqual([fourth, third, first])
      expect(await database.versions(projectId, 'camera')).toEqual([])
      expect(await database.rewriteByNo(projectId, 4)).toEqual(await database.transaction((tx) => tx.rewrite(fourth)))
    })
  })

  describe('a look at a project', () => {
    it('shows stages in order, current, last and open rewrites once each, and live tasks with their stages', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const { projectId } = project
      const current = await seedClosedRewrite(database, projectId, { no: 1 })
      await seedClosedRewrite(database, projectId, { no: 2, stageKey: 'camera' })
      const last = await seedClosedRewrite(database, projectId, { no: 3, stageKey: 'storyboard' })
      const open = await seedOpenRewrite(database, projectId, { no: 4, stageKey: 'camera' })
      await database.transaction(async (tx) => {
        await tx.updateStage(projectId, 'rewrite', {
          currentRewriteId: current,
          lastRewriteId: current,
          status: 'done',
        })
        await tx.updateStage(projectId, 'storyboard', { lastRewriteId: last, status: 'stopped' })
        await tx.updateStage(projectId, 'camera', { status: 'running' })
      })
      const running = await seedTask(database, project, { stages: ['camera'] })
      await setStatus(database, running.id, 'running')
      const queued = await seedTask(database, project, { stages: ['rewrite', 'camera'] })
      const look = (await database.projectLook(projectId))!
      expect(look.project).toEqual(await database.projectHead(projectId))
      expect(look.stages).toEqual(await database.transaction((tx) => tx.stages(projectId)))
      expect(look.rewrites.toSorted((a, b) => a.no - b.no)).toEqual(
        await database.transaction(async (tx) => [
          await tx.rewrite(current),
          await tx.rewrite(last),
          await tx.rewrite(open),
        ]),
      )
      const withRuns = (taskId: string) =>
        database.transaction(async (tx) => ({ ...(await tx.task(taskId))!, stageRuns: await tx.taskStages(taskId) }))
      expect(look.tasks).toEqual([await withRuns(running.id), await withRuns(queued.id)])
      expect(look.tasks[1]?.stageRuns.map((run) => run.key)).toEqual(['rewrite', 'camera'])
    })

    it('is empty of rewrites and tasks for a new project', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      expect(await database.projectLook(projectId)).toMatchObject({ rewrites: [], tasks: [], stages: [{}, {}, {}] })
    })
  })

  describe('looks at tasks', () => {
    it("carry the project's title and pipeline and the stages; null for none", async () => {
      const { database } = storage()
      const project = await seedProject(database, { title: '题目', pipeline: 'report' })
      const task = await seedTask(database, project, { stages: ['rewrite', 'camera'] })
      const stageRuns = await database.transaction((tx) => tx.taskStages(task.id))
      expect(await database.taskLook(task.id)).toEqual({ task, stageRuns, title: '题目', pipeline: 'report' })
      const projectRevision = await database.projectRevision(project.projectId)
      const look = { task, stageRuns, title: '题目', pipeline: 'report' }
      const details = { ...look, projectRevision, attempts: [], calls: [], rewrites: [], readAt: expect.any(Date) }
      expect(await database.taskDetails(task.id)).toEqual(details)
      expect(await database.taskLook(crypto.newId())).toBeNull()
      expect(await database.taskDetails(crypto.newId())).toBeNull()
    })
  })

  describe('an id that is none', () => {
    it('is the id of nothing, not an error', async () => {
      const { database } = storage()
      const { userId } = await seedProject(database)
      const id = 'not-a-uuid'
      const reads = await Promise.all([
        database.projectHead(id),
        database.projectLook(id),
        database.projectRevision(id),
        database.draftOf(id, 'rewrite', userId),
        database.storedTextFrom(id, 0),
        database.rewriteByNo(id, 1),
        database.taskLook(id),
        database.taskDetails(id),
        database.queuePosition(id),
        database.taskWithRewrites(id),
        database.transaction((tx) => tx.touchProject(id)),
        database.transaction((tx) => tx.task(id)),
        database.transaction((tx) => tx.rewrite(id)),
      ])
      expect(reads).toEqual(reads.map(() => null))
      expect(await database.isMember(userId, id)).toBe(false)
      expect(await database.versions(id, 'rewrite')).toEqual([])
      expect(await database.cancelRequested([id])).toEqual([])
      const page = { archived: false, page: 1, pageSize: 10 }
      expect(await database.listProjects({ workspaceIds: [id], ...page })).toEqual({ total: 0, projects: [] })
      expect(await database.listTasks({ workspaceIds: [id], projectId: id, ...page })).toEqual({ total: 0, tasks: [] })
    })
  })

  describe('changed tasks', () => {
    it('are those of the workspace after a number, in order of it, up to a limit, removed ones too', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const { workspaceId } = project
      const [a, b, c] = [
        await seedTask(database, project),
        await seedTask(database, project),
        await seedTask(database, project),
      ]
      await seedTask(database, await seedProject(database))
      const change = (taskId: string, patch: object) =>
        database.transaction(async (tx) =>
          tx.updateTask(taskId, {}, { ...patch, eventSeq: await tx.touchWorkspace(workspaceId) }),
        )
      await change(a.id, { crashes: 1 })
      await setStatus(database, b.id, 'completed')
      await change(b.id, { removedAt: 'now' })
      const changed = async (afterSeq: number, limit: number) => {
        const { eventSeq, tasks } = await database.changedTasks(workspaceId, afterSeq, limit)
        return { eventSeq, tasks: tasks.map(({ task }) => [task.id, task.eventSeq]) }
      }
      const rows = [
        [c.id, 3],
        [a.id, 4],
        [b.id, 5],
      ]
      expect(await changed(0, 10)).toEqual({ eventSeq: 5, tasks: rows })
      expect(await changed(0, 2)).toEqual({ eventSeq: 5, tasks: rows.slice(0, 2) })
      expect(await changed(4, 10)).toEqual({ eventSeq: 5, tasks: rows.slice(2) })
      expect(await changed(5, 10)).toEqual({ eventSeq: 5, tasks: [] })
      expect((await database.changedTasks(workspaceId, 4, 10)).tasks[0]).toEqual(await database.taskLook(b.id))
    })
  })
}
