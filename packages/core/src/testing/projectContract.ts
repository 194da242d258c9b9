import { describe, expect, it } from 'vitest'
import type { StorageOf } from './openedStorage.ts'
import { crypto, seedClosedRewrite, seedHome, seedOpenRewrite, seedProject, stageKeys, trickyText } from './seeds.ts'

/** Workspaces, projects, stages, drafts and providers. */
export function projectContract(storage: StorageOf): void {
  describe('workspaces', () => {
    it('makes one personal workspace, also when asked many times at once', async () => {
      const { database } = storage()
      const userId = crypto.newId()
      const answers = await Promise.all(Array.from({ length: 10 }, () => database.workspacesOf(userId)))
      expect(new Set(answers.flat()).size).toBe(1)
      expect(answers.every((workspaces) => workspaces.length === 1)).toBe(true)
    })

    it('knows its members and nobody else', async () => {
      const { database } = storage()
      const [own, other] = [await seedHome(database), await seedHome(database)]
      expect(own.workspaceId).not.toBe(other.workspaceId)
      expect(await database.isMember(own.userId, own.workspaceId)).toBe(true)
      expect(await database.isMember(own.userId, other.workspaceId)).toBe(false)
      expect(await database.isMember(own.userId, crypto.newId())).toBe(false)
    })

    it('raises the event number by one each time', async () => {
      const { database } = storage()
      const { workspaceId } = await seedHome(database)
      const first = await database.transaction((tx) => tx.touchWorkspace(workspaceId))
      const second = await database.transaction((tx) => tx.touchWorkspace(workspaceId))
      expect(second).toBe(first + 1)
      expect((await database.changedTasks(workspaceId, 0, 10)).eventSeq).toBe(second)
    })
  })

  describe('projects', () => {
    it('stores a project and its stages as they were given', async () => {
      const { database } = storage()
      const { userId, workspaceId, projectId } = await seedProject(database, { title: trickyText })
      const unset = { revision: 0, lastRewriteNo: 0, archivedAt: null, removedAt: null }
      const times = { createdAt: expect.any(Date), updatedAt: expect.any(Date) }
      const words = { pipeline: 'story', title: trickyText, input: { text: trickyText } }
      const project = { id: projectId, workspaceId, createdBy: userId, ...words, ...unset, ...times }
      expect(await database.projectHead(projectId)).toEqual(project)
      const stages = await database.transaction((tx) => tx.stages(projectId))
      const fresh = {
        projectId,
        status: 'ready',
        locked: false,
        currentRewriteId: null,
        lastRewriteId: null,
        failure: null,
      }
      expect(stages).toEqual(stageKeys.map((key, position) => ({ ...fresh, key, position })))
    })

    it('answers null for a project that is not there', async () => {
      const { database } = storage()
      const id = crypto.newId()
      expect(await database.projectHead(id)).toBeNull()
      expect(await database.projectLook(id)).toBeNull()
      expect(await database.projectRevision(id)).toBeNull()
      expect(await database.transaction((tx) => tx.touchProject(id))).toBeNull()
      expect(await database.transaction((tx) => tx.stages(id))).toEqual([])
    })

    it('raises the revision by one in each touch and answers with the raised row', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const before = (await database.projectRevision(projectId))!
      const touched = await database.transaction((tx) => tx.touchProject(projectId))
      expect(touched?.revision).toBe(before + 1)
      expect(await database.projectHead(projectId)).toEqual(touched)
      expect(await database.projectRevision(projectId)).toBe(before + 1)
    })

    it('touches a project and its workspace at once, each by one', async () => {
      const { database } = storage()
      const { projectId, workspaceId } = await seedProject(database)
      const before = (await database.projectRevision(projectId))!
      const eventSeq = await database.transaction((tx) => tx.touchWorkspace(workspaceId))
      const touched = await database.transaction((tx) => tx.touchProjectAndWorkspace(projectId))
      expect(touched).toEqual({ project: await database.projectHead(projectId), eventSeq: eventSeq + 1 })
      expect(touched?.project.revision).toBe(before + 1)
      for (const id of [crypto.newId(), 'no-such-id'])
        expect(await database.transaction((tx) => tx.touchProjectAndWorkspace(id))).toBeNull()
      expect(await database.transaction((tx) => tx.touchWorkspace(workspaceId))).toBe(eventSeq + 2)
    })

    it('stamps a touched project with the time of the transaction', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const [now, touched] = await database.transaction(
        async (tx) => [await tx.now(), await tx.touchProject(projectId)] as const,
      )
      expect(touched?.updatedAt).toEqual(now)
    })

    it('changes only the fields of a patch, and finds a removed project still', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const before = (await database.projectHead(projectId))!
      const now = await database.transaction(async (tx) => {
        const time = await tx.now()
        await tx.updateProject(projectId, { title: '新标题', removedAt: time })
        await tx.updateProject(projectId, { input: { text: 'b', deep: [null, { x: 1 }] }, lastRewriteNo: 7 })
        return time
      })
      const changed = {
        title: '新标题',
        removedAt: now,
        input: { text: 'b', deep: [null, { x: 1 }] },
        lastRewriteNo: 7,
      }
      expect(await database.projectHead(projectId)).toEqual({ ...before, ...changed, updatedAt: expect.any(Date) })
      expect(await database.transaction((tx) => tx.touchProject(projectId))).toMatchObject({ removedAt: now })
      await database.transaction((tx) => tx.updateProject(projectId, { removedAt: null }))
      expect((await database.projectHead(projectId))?.removedAt).toBeNull()
    })
  })

  describe('stages', () => {
    it('changes only the fields of a patch, of that stage', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const [first, second, third] = await database.transaction((tx) => tx.stages(projectId))
      const rewriteId = await seedClosedRewrite(database, projectId, { stageKey: 'storyboard' })
      const failure = { code: 'provider.cutOff' as const, message: '截断了', params: { length: 3 } }
      await database.transaction(async (tx) => {
        await tx.updateStage(projectId, 'storyboard', {
          status: 'failed',
          currentRewriteId: rewriteId,
          lastRewriteId: rewriteId,
        })
        await tx.updateStage(projectId, 'storyboard', { locked: true, failure })
      })
      const changed = { status: 'failed', locked: true, currentRewriteId: rewriteId, lastRewriteId: rewriteId, failure }
      expect(await database.transaction((tx) => tx.stages(projectId))).toEqual([
        first,
        { ...second, ...changed },
        third,
      ])
      await database.transaction((tx) =>
        tx.updateStage(projectId, 'storyboard', { currentRewriteId: null, failure: null }),
      )
      const stages = await database.transaction((tx) => tx.stages(projectId))
      expect(stages[1]).toMatchObject({ currentRewriteId: null, failure: null, locked: true })
    })

    it('refuses a current rewrite that is open, or of another stage', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const openId = await seedOpenRewrite(database, projectId)
      const foreignId = await seedClosedRewrite(database, projectId, { stageKey: 'camera', no: 2 })
      for (const currentRewriteId of [openId, foreignId]) {
        const update = database.transaction((tx) => tx.updateStage(projectId, 'rewrite', { currentRewriteId }))
        await expect(update).rejects.toBeInstanceOf(Error)
      }
      expect((await database.transaction((tx) => tx.stages(projectId)))[0]?.currentRewriteId).toBeNull()
    })
  })

  describe('drafts', () => {
    it('keeps one draft per stage and user, renews it and removes it', async () => {
      const { database } = storage()
      const { projectId, userId } = await seedProject(database)
      const otherId = crypto.newId()
      const draft = { projectId, stageKey: 'rewrite', userId, text: trickyText, baseRewriteId: null }
      await database.transaction((tx) => tx.saveDraft({ ...draft, text: 'first' }))
      await database.transaction((tx) => tx.saveDraft(draft))
      await database.transaction((tx) => tx.saveDraft({ ...draft, userId: otherId, text: 'another' }))
      expect(await database.draftOf(projectId, 'rewrite', userId)).toEqual({ ...draft, updatedAt: expect.any(Date) })
      expect(await database.draftOf(projectId, 'camera', userId)).toBeNull()
      await database.transaction((tx) => tx.removeDraft(projectId, 'rewrite', userId))
      await database.transaction((tx) => tx.removeDraft(projectId, 'rewrite', userId))
      expect(await database.transaction((tx) => tx.draft(projectId, 'rewrite', userId))).toBeNull()
      expect((await database.transaction((tx) => tx.draft(projectId, 'rewrite', otherId)))?.text).toBe('another')
    })
  })

  describe('providers', () => {
    it('inserts a provider and renews it under the same id', async () => {
      const { database } = storage()
      const address = { id: crypto.newId(), name: 'A', baseUrl: 'https://a.example/v1', apiKeyEncrypted: 'x' }
      const provider = { ...address, models: [{ name: 'm1' }], active: true, origin: 'environment' as const, weight: 1 }
      await database.saveProvider(provider)
      const renewed = { ...provider, name: 'B', models: [{ name: 'm2' }, { name: 'm3' }], active: false, weight: 5 }
      await database.saveProvider(renewed)
      expect((await database.listProviders()).filter((row) => row.id === provider.id)).toEqual([renewed])
    })
  })
}
