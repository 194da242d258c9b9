import { describe, expect, it } from 'vitest'
import type { ProjectFilter } from '../ports/projectStorage.ts'
import type { TaskFilter } from '../ports/taskStorage.ts'
import type { StorageOf } from './openedStorage.ts'
import { crypto, seedProject, seedTask, setStatus } from './seeds.ts'

/** Lists: filters alone and together, newest first, pages counted from 1. */
export function listContract(storage: StorageOf): void {
  const titlesOf = async (filter: Partial<ProjectFilter> & { workspaceIds: string[] }) => {
    const { total, projects } = await storage().database.listProjects({
      archived: false,
      page: 1,
      pageSize: 100,
      ...filter,
    })
    return { total, titles: projects.map((project) => project.title) }
  }
  const idsOf = async (filter: Partial<TaskFilter> & { workspaceIds: string[] }) => {
    const { total, tasks } = await storage().database.listTasks({ page: 1, pageSize: 100, ...filter })
    return { total, ids: tasks.map(({ task }) => task.id) }
  }

  describe('the list of projects', () => {
    it('holds the workspaces asked for, whole rows with their stages', async () => {
      const { database } = storage()
      const [one, other] = [await seedProject(database), await seedProject(database)]
      const all = { archived: false, page: 1, pageSize: 10 }
      const { total, projects } = await database.listProjects({ workspaceIds: [one.workspaceId], ...all })
      const stages = await database.transaction((tx) => tx.stages(one.projectId))
      expect({ total, projects }).toEqual({
        total: 1,
        projects: [{ ...(await database.projectHead(one.projectId)), stages }],
      })
      expect((await database.listProjects({ workspaceIds: [one.workspaceId, other.workspaceId], ...all })).total).toBe(
        2,
      )
      expect(await database.listProjects({ workspaceIds: [], ...all })).toEqual({ total: 0, projects: [] })
      expect(await database.listProjects({ workspaceIds: [crypto.newId()], ...all })).toEqual({
        total: 0,
        projects: [],
      })
    })

    it('searches titles without regard to case and takes every sign as itself', async () => {
      const { database } = storage()
      const home = await seedProject(database, { title: 'The RIVER, part_1' })
      const workspaceIds = [home.workspaceId]
      for (const title of ['100% river', '江水 part-1', 'C:\\river']) await seedProject(database, { ...home, title })
      const search = async (words: string) => (await titlesOf({ workspaceIds, search: words })).titles.toSorted()
      expect(await search('RiVER')).toEqual(['100% river', 'C:\\river', 'The RIVER, part_1'])
      expect(await search('江')).toEqual(['江水 part-1'])
      expect(await search('%')).toEqual(['100% river'])
      expect(await search('part_1')).toEqual(['The RIVER, part_1'])
      expect(await search('\\')).toEqual(['C:\\river'])
      expect(await search('lake')).toEqual([])
    })

    it('filters by pipeline and archive, and never shows what was removed', async () => {
      const { database } = storage()
      const home = await seedProject(database, { title: 'story' })
      const workspaceIds = [home.workspaceId]
      await seedProject(database, { ...home, title: 'report', pipeline: 'report' })
      const archived = await seedProject(database, { ...home, title: 'archived' })
      const removed = await seedProject(database, { ...home, title: 'removed' })
      await database.transaction(async (tx) => {
        await tx.updateProject(archived.projectId, { archivedAt: await tx.now() })
        await tx.updateProject(removed.projectId, { archivedAt: await tx.now(), removedAt: await tx.now() })
      })
      expect((await titlesOf({ workspaceIds })).titles.toSorted()).toEqual(['report', 'story'])
      expect(await titlesOf({ workspaceIds, archived: true })).toEqual({ total: 1, titles: ['archived'] })
      expect(await titlesOf({ workspaceIds, pipeline: 'report' })).toEqual({ total: 1, titles: ['report'] })
      expect(await titlesOf({ workspaceIds, pipeline: 'story', search: 'report' })).toEqual({ total: 0, titles: [] })
    })

    it('puts what changed last first and pages without loss or repeat', async () => {
      const { database, passTime } = storage()
      const home = await seedProject(database, { title: '0' })
      for (const title of ['1', '2', '3', '4']) {
        await passTime(1_000)
        await seedProject(database, { ...home, title })
      }
      await passTime(1_000)
      await database.transaction((tx) => tx.touchProject(home.projectId))
      const page = (at: number) => titlesOf({ workspaceIds: [home.workspaceId], page: at, pageSize: 2 })
      expect(await page(1)).toEqual({ total: 5, titles: ['0', '4'] })
      expect(await page(2)).toEqual({ total: 5, titles: ['3', '2'] })
      expect(await page(3)).toEqual({ total: 5, titles: ['1'] })
      expect(await page(4)).toEqual({ total: 5, titles: [] })
    })
  })

  describe('the list of tasks', () => {
    it('filters by status, project, pipeline and workspace, alone and together', async () => {
      const { database } = storage()
      const story = await seedProject(database)
      const report = await seedProject(database, { ...story, pipeline: 'report' })
      const workspaceIds = [story.workspaceId]
      const [queued, failed, ofReport] = [
        await seedTask(database, story),
        await seedTask(database, story),
        await seedTask(database, report),
      ]
      await setStatus(database, failed.id, 'failed')
      await seedTask(database, await seedProject(database))
      expect(await idsOf({ workspaceIds })).toEqual({ total: 3, ids: [ofReport.id, failed.id, queued.id] })
      expect(await idsOf({ workspaceIds, statuses: ['queued', 'failed'] })).toMatchObject({ total: 3 })
      expect(await idsOf({ workspaceIds, statuses: ['failed'] })).toEqual({ total: 1, ids: [failed.id] })
      expect(await idsOf({ workspaceIds, statuses: [] })).toEqual({ total: 0, ids: [] })
      expect(await idsOf({ workspaceIds, projectId: story.projectId })).toEqual({
        total: 2,
        ids: [failed.id, queued.id],
      })
      expect(await idsOf({ workspaceIds, pipeline: 'report' })).toEqual({ total: 1, ids: [ofReport.id] })
      expect(await idsOf({ workspaceIds, pipeline: 'story', statuses: ['queued'] })).toEqual({
        total: 1,
        ids: [queued.id],
      })
      expect(await idsOf({ workspaceIds: [] })).toEqual({ total: 0, ids: [] })
      const { tasks } = await database.listTasks({ workspaceIds, page: 1, pageSize: 1 })
      expect(tasks).toEqual([await database.taskLook(ofReport.id)])
    })

    it('filters by time of creation and hides what was removed', async () => {
      const { database, passTime } = storage()
      const project = await seedProject(database)
      const workspaceIds = [project.workspaceId]
      const old = await seedTask(database, project)
      await passTime(60_000)
      const young = await seedTask(database, project)
      const between = new Date((await database.taskLook(old.id))!.task.createdAt.getTime() + 30_000)
      expect((await idsOf({ workspaceIds, from: between })).ids).toEqual([young.id])
      expect((await idsOf({ workspaceIds, to: between })).ids).toEqual([old.id])
      expect((await idsOf({ workspaceIds, from: between, to: between })).ids).toEqual([])
      expect((await idsOf({ workspaceIds, from: (await database.taskLook(young.id))!.task.createdAt })).ids).toEqual([
        young.id,
      ])
      await setStatus(database, young.id, 'cancelled')
      await database.transaction((tx) => tx.updateTask(young.id, {}, { removedAt: 'now' }))
      expect(await idsOf({ workspaceIds })).toEqual({ total: 1, ids: [old.id] })
    })

    it('pages newest first without loss or repeat', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const made: string[] = []
      for (let count = 0; count < 5; count++) made.push((await seedTask(database, project)).id)
      const newestFirst = made.toReversed()
      const page = (at: number) => idsOf({ workspaceIds: [project.workspaceId], page: at, pageSize: 2 })
      expect(await page(1)).toEqual({ total: 5, ids: newestFirst.slice(0, 2) })
      expect(await page(2)).toEqual({ total: 5, ids: newestFirst.slice(2, 4) })
      expect(await page(3)).toEqual({ total: 5, ids: newestFirst.slice(4) })
      expect(await page(4)).toEqual({ total: 5, ids: [] })
    })
  })
}
