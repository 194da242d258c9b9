import { describe, expect, it } from 'vitest'
import type { Database } from '../ports/database.ts'
import { storeWithinMs, unstoredForMs, unusedForMs, type StoredFile } from '../ports/fileStorage.ts'
import type { StorageOf } from './openedStorage.ts'
import {
  crypto,
  seedClosedRewrite,
  seedHome,
  seedOpenRewrite,
  seedProject,
  seedTask,
  setStatus,
  type Home,
} from './seeds.ts'

const weekMs = 7 * 24 * 3_600_000
const content: StoredFile = {
  format: 'docx',
  mediaType: 'application/x-test',
  projectId: null,
  rewriteId: null,
  bytes: 5_000_000_000,
  sha256: 'a hash',
}

/** Rows of files, and what is deleted for good. */
export function fileContract(storage: StorageOf): void {
  const insert = async ({ userId, workspaceId }: Home, name = '报告 “1”.docx'): Promise<string> => {
    const id = crypto.newId()
    await storage().database.insertFile({ id, workspaceId, createdBy: userId, name, mediaType: 'application/x' })
    return id
  }
  const mark = (id: string, stored: Partial<StoredFile> = {}) =>
    storage().database.transaction((tx) => tx.markFileStored(id, { ...content, ...stored }))
  const upload = async (home: Home): Promise<string> => {
    const id = await insert(home)
    expect(await mark(id)).toBe(true)
    return id
  }
  /** All that are to be forgotten, among those of the test. */
  const toForget = async (...ids: string[]) => {
    const found = await storage().database.filesToForget(1_000)
    return ids.filter((id) => found.includes(id))
  }

  describe('files', () => {
    it('K1 are inserted without content, and stored once', async () => {
      const { database } = storage()
      const home = await seedHome(database)
      const id = await insert(home)
      const owner = { workspaceId: home.workspaceId, createdBy: home.userId, projectId: null, rewriteId: null }
      const fresh = { id, ...owner, name: '报告 “1”.docx', createdAt: expect.any(Date) }
      const unset = { mediaType: 'application/x', format: null, bytes: null, sha256: null, storedAt: null }
      expect(await database.file(id)).toEqual({ ...fresh, ...unset })
      expect(await mark(id)).toBe(true)
      expect(await database.file(id)).toEqual({ ...fresh, ...content, storedAt: expect.any(Date) })
      expect(await mark(id)).toBe(false)
      await database.removeFile(id)
      await database.removeFile(id)
      expect(await database.file(id)).toBeNull()
      expect(await database.transaction((tx) => tx.file('no id'))).toBeNull()
      expect(await mark(id)).toBe(false)
    })

    it('K1 are not stored so late that they may be forgotten already', async () => {
      const { database, passTime } = storage()
      const id = await insert(await seedHome(database))
      await passTime(storeWithinMs + 1_000)
      expect(await mark(id)).toBe(false)
    })

    it('K6 are given to one project of their workspace, once they are stored', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const attach = (fileId: string, { projectId: id, workspaceId } = project) =>
        database.transaction((tx) => tx.attachFile(fileId, { id, workspaceId }))
      const unstored = await insert(project)
      expect(await attach(unstored)).toBe(false)
      const fileId = await upload(project)
      expect(await attach(fileId, await seedProject(database))).toBe(false)
      expect(await attach(crypto.newId())).toBe(false)
      expect(await attach(fileId)).toBe(true)
      expect(await attach(fileId)).toBe(false)
      expect(await attach(fileId, await seedProject(database, project))).toBe(false)
      expect((await database.file(fileId))?.projectId).toBe(project.projectId)
    })

    it('K6 of two projects that want it at once, one has it', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const fileId = await upload(project)
      const { workspaceId } = project
      const answers = await Promise.all(
        Array.from({ length: 5 }, () =>
          database.transaction((tx) => tx.attachFile(fileId, { id: project.projectId, workspaceId })),
        ),
      )
      expect(answers.filter(Boolean)).toHaveLength(1)
    })

    it('K5 are given to a version with its project', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const { projectId: id, workspaceId } = project
      const rewriteId = await seedClosedRewrite(database, id)
      const fileId = await upload(project)
      expect(await database.transaction((tx) => tx.attachFile(fileId, { id, workspaceId, rewriteId }))).toBe(true)
      expect((await database.filesOfRewrites([rewriteId])).map((file) => file.id)).toEqual([fileId])
    })

    it('K5 belong to versions, and are released from them', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const { projectId } = project
      const rewriteId = await seedClosedRewrite(database, projectId)
      const [first, second] = [await insert(project), await insert(project)]
      await mark(first, { projectId, rewriteId })
      expect((await database.filesOfRewrites([crypto.newId(), rewriteId])).map(({ id }) => id)).toEqual([first])
      expect(await database.filesOfRewrites([])).toEqual([])
      const released = await database.transaction(async (tx) => {
        const ids = await tx.releaseFilesOf(rewriteId)
        await tx.markFileStored(second, { ...content, projectId, rewriteId })
        return ids
      })
      expect(released).toEqual([first])
      expect((await database.filesOfRewrites([rewriteId])).map(({ id }) => id)).toEqual([second])
      expect(await database.file(first)).toMatchObject({
        storedAt: null,
        projectId: null,
        rewriteId: null,
        bytes: null,
      })
    })

    it('K7 are to be forgotten without content after an hour, without a project after a day', async () => {
      const { database, passTime } = storage()
      const project = await seedProject(database)
      const [unstored, unused, used] = [await insert(project), await upload(project), await upload(project)]
      const { projectId: id, workspaceId } = project
      await database.transaction((tx) => tx.attachFile(used, { id, workspaceId }))
      await passTime(unstoredForMs - 60_000)
      expect(await toForget(unstored, unused, used)).toEqual([])
      await passTime(120_000)
      expect(await toForget(unstored, unused, used)).toEqual([unstored])
      await passTime(unusedForMs)
      expect(await toForget(unstored, unused, used)).toEqual([unstored, unused])
      // Answered again until they are removed, and out of everybody's reach.
      expect(await toForget(unstored, unused, used)).toEqual([unstored, unused])
      expect(await database.file(unused)).toMatchObject({ storedAt: null, bytes: null, sha256: null })
      expect(await database.transaction((tx) => tx.attachFile(unused, { id, workspaceId }))).toBe(false)
      expect(await database.filesToForget(1)).toHaveLength(1)
      for (const fileId of [unstored, unused]) await database.removeFile(fileId)
      expect(await toForget(unstored, unused, used)).toEqual([])
    })
  })

  describe('removed projects', () => {
    const removeIt = (database: Database, projectId: string) =>
      database.transaction(async (tx) => tx.updateProject(projectId, { removedAt: await tx.now() }))

    it('K8 are deleted with all that is theirs once they are old enough, and leave their files to be forgotten', async () => {
      const { database, passTime } = storage()
      const [gone, kept] = [await seedProject(database), await seedProject(database)]
      const task = await seedTask(database, gone)
      await setStatus(database, task.id, 'completed')
      const rewriteId = await seedClosedRewrite(database, gone.projectId, { taskId: task.id })
      await database.transaction((tx) => tx.updateStage(gone.projectId, 'rewrite', { currentRewriteId: rewriteId }))
      await seedOpenRewrite(database, gone.projectId, { no: 2, stageKey: 'camera' })
      const fileId = await insert(gone)
      await mark(fileId, { projectId: gone.projectId, rewriteId })
      await removeIt(database, gone.projectId)
      await database.purgeProjects(weekMs, 100)
      expect(await database.projectHead(gone.projectId)).not.toBeNull()
      await passTime(weekMs + 60_000)
      expect(await database.purgeProjects(weekMs, 100)).toBeGreaterThanOrEqual(1)
      expect(await database.projectLook(gone.projectId)).toBeNull()
      expect(await database.taskLook(task.id)).toBeNull()
      expect(await database.storedTextFrom(rewriteId, 0)).toBeNull()
      expect(await database.projectHead(kept.projectId)).not.toBeNull()
      expect(await database.file(fileId)).toMatchObject({ projectId: null, rewriteId, storedAt: expect.any(Date) })
      expect(await toForget(fileId)).toEqual([fileId])
    })

    it('K8 stay while a task of theirs lives, and go a few at a time', async () => {
      const { database, passTime } = storage()
      const projects = [await seedProject(database), await seedProject(database), await seedProject(database)]
      const task = await seedTask(database, projects[0]!)
      for (const { projectId } of projects) await removeIt(database, projectId)
      await passTime(weekMs + 60_000)
      expect(await database.purgeProjects(weekMs, 1)).toBe(1)
      expect(await database.purgeProjects(weekMs, 100)).toBe(1)
      expect(await database.projectHead(projects[0]!.projectId)).not.toBeNull()
      await setStatus(database, task.id, 'cancelled')
      expect(await database.purgeProjects(weekMs, 100)).toBe(1)
    })
  })
}
