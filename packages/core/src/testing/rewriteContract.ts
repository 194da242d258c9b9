import { describe, expect, it } from 'vitest'
import { UniqueViolation } from '../ports/database.ts'
import type { Ending } from '../records.ts'
import type { StorageOf } from './openedStorage.ts'
import {
  closingOf,
  crypto,
  draftRewrite,
  seedClosedRewrite,
  seedOpenRewrite,
  seedProject,
  seedTask,
  trickyText,
} from './seeds.ts'

/** Rewrites as rows: inserted, checkpointed, closed, and immutable from then on. */
export function rewriteContract(storage: StorageOf): void {
  const rewriteOf = (rewriteId: string) => storage().database.transaction((tx) => tx.rewrite(rewriteId))
  const textOf = (rewriteId: string) => storage().database.transaction((tx) => tx.storedText(rewriteId))

  describe('open rewrites', () => {
    it('begin empty, as they were given', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const baseRewriteId = await seedClosedRewrite(database, project.projectId)
      const task = await seedTask(database, project)
      const origin = { taskId: task.id, attempt: 3, baseRewriteId, instruction: '短一点', createdBy: project.userId }
      const given = draftRewrite(project.projectId, { no: 2, ...origin })
      await database.transaction((tx) => tx.insertOpenRewrite(given))
      const unset = {
        ending: null,
        sha256: null,
        summary: null,
        promptTokens: null,
        completionTokens: null,
        closedAt: null,
      }
      const empty = { length: 0, spans: [{ attempt: 3, from: 0 }], checkpoint: null, createdAt: expect.any(Date) }
      expect(await rewriteOf(given.id)).toEqual({ ...given, ...unset, ...empty })
      expect(await textOf(given.id)).toBe('')
      expect(await database.transaction((tx) => tx.openRewriteOf(project.projectId))).toEqual(await rewriteOf(given.id))
    })

    it('may begin with a copied text, which a takeover keeps', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const { projectId } = project
      const task = await seedTask(database, project)
      const given = draftRewrite(projectId, { taskId: task.id, attempt: 2, kind: 'continued' })
      const copied = { text: trickyText, checkpoint: { done: 3, zh: '三' } }
      const { length } = trickyText
      await database.transaction((tx) => tx.insertOpenRewrite({ ...given, copied }))
      const spans = [
        { attempt: 0, from: 0 },
        { attempt: 2, from: length },
      ]
      const begun = { length, spans, checkpoint: { length, content: copied.checkpoint } }
      expect(await rewriteOf(given.id)).toMatchObject(begun)
      expect(await textOf(given.id)).toBe(trickyText)
      const chunk = { rewriteId: given.id, attempt: 2, offset: length, text: 'more' }
      expect(await database.appendChunks([chunk])).toHaveLength(1)
      await database.transaction((tx) => tx.takeOverRewrite(given.id, { attempt: 3, keepUpTo: length }))
      expect(await rewriteOf(given.id)).toMatchObject({
        ...begun,
        spans: [spans[0], { attempt: 3, from: length }],
      })
      expect(await textOf(given.id)).toBe(trickyText)
    })

    it('are at most one per project', async () => {
      const { database } = storage()
      const [one, other] = [await seedProject(database), await seedProject(database)]
      const openId = await seedOpenRewrite(database, one.projectId)
      await seedOpenRewrite(database, other.projectId)
      const second = draftRewrite(one.projectId, { no: 2, stageKey: 'camera' })
      const insert = () => database.transaction((tx) => tx.insertOpenRewrite(second))
      await expect(insert()).rejects.toThrow(UniqueViolation)
      expect((await database.transaction((tx) => tx.openRewriteOf(one.projectId)))?.id).toBe(openId)
      await database.transaction((tx) => tx.closeRewrite(openId, { attempt: 1, length: 0 }, closingOf('')))
      await insert()
      expect((await database.transaction((tx) => tx.openRewriteOf(one.projectId)))?.id).toBe(second.id)
    })

    it('bear a number that is given once in a project', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      await seedClosedRewrite(database, projectId, { no: 1 })
      await expect(seedOpenRewrite(database, projectId, { no: 1 })).rejects.toThrow(UniqueViolation)
      await expect(seedClosedRewrite(database, projectId, { no: 1, stageKey: 'camera' })).rejects.toThrow(
        UniqueViolation,
      )
    })

    it('are null where there are none', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      await seedClosedRewrite(database, projectId)
      expect(await database.transaction((tx) => tx.openRewriteOf(projectId))).toBeNull()
      expect(await rewriteOf(crypto.newId())).toBeNull()
      expect(await textOf(crypto.newId())).toBeNull()
    })
  })

  describe('closed rewrites', () => {
    it('inserted whole: complete, of no task, with length in code units', async () => {
      const { database } = storage()
      const { projectId, userId } = await seedProject(database)
      const {
        taskId: _taskId,
        attempt: _attempt,
        ...given
      } = draftRewrite(projectId, { kind: 'restored', createdBy: userId })
      const stored = { text: trickyText, sha256: crypto.sha256(trickyText), summary: '一句话' }
      await database.transaction((tx) => tx.insertClosedRewrite({ ...given, ...stored }))
      const ofNobody = { taskId: null, attempt: 0, spans: [{ attempt: 0, from: 0 }], checkpoint: null }
      const closed = { length: trickyText.length, sha256: stored.sha256, summary: '一句话', ending: 'complete' }
      const times = { createdAt: expect.any(Date), closedAt: expect.any(Date) }
      const tokens = { promptTokens: null, completionTokens: null }
      expect(await rewriteOf(given.id)).toEqual({ ...given, ...ofNobody, ...closed, ...times, ...tokens })
      expect(await textOf(given.id)).toBe(trickyText)
    })

    it.each<Ending>(['complete', 'cutOff', 'stopped', 'interrupted'])(
      'closed as %s: the chunks are one text',
      async (ending) => {
        const { database } = storage()
        const { projectId } = await seedProject(database)
        const rewriteId = await seedOpenRewrite(database, projectId)
        await database.appendChunks([{ rewriteId, attempt: 1, offset: 0, text: trickyText }])
        await database.appendChunks([{ rewriteId, attempt: 1, offset: trickyText.length, text: '尾🌊' }])
        const whole = `${trickyText}尾🌊`
        const before = (await rewriteOf(rewriteId))!
        const closing = { ...closingOf(whole, ending), summary: 's', promptTokens: 12, completionTokens: 34 }
        const close = () =>
          database.transaction((tx) => tx.closeRewrite(rewriteId, { attempt: 1, length: whole.length }, closing))
        expect(await close()).toBe(true)
        const { text: _text, ...facts } = closing
        expect(await rewriteOf(rewriteId)).toEqual({ ...before, ...facts, closedAt: expect.any(Date) })
        expect(await textOf(rewriteId)).toBe(whole)
        expect(await close()).toBe(false)
      },
    )

    it('are not closed past the fence: attempt and length must both be right', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const rewriteId = await seedOpenRewrite(database, projectId, { attempt: 2 })
      await database.appendChunks([{ rewriteId, attempt: 2, offset: 0, text: '水🌊' }])
      const close = (attempt: number, length: number) =>
        database.transaction((tx) => tx.closeRewrite(rewriteId, { attempt, length }, closingOf('水🌊')))
      expect(await close(1, 3)).toBe(false)
      expect(await close(3, 3)).toBe(false)
      // 2 is its number of code points.
      expect(await close(2, 2)).toBe(false)
      expect(await close(2, 4)).toBe(false)
      const unknown = (id: string) =>
        database.transaction((tx) => tx.closeRewrite(id, { attempt: 2, length: 0 }, closingOf('')))
      expect(await unknown(crypto.newId())).toBe(false)
      expect((await rewriteOf(rewriteId))?.closedAt).toBeNull()
      expect(await close(2, 3)).toBe(true)
    })

    it('are not closed with a text that is not the stored one', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const rewriteId = await seedOpenRewrite(database, projectId)
      await database.appendChunks([{ rewriteId, attempt: 1, offset: 0, text: 'abc' }])
      const fence = { attempt: 1, length: 3 }
      const close = (text: string) => database.transaction((tx) => tx.closeRewrite(rewriteId, fence, closingOf(text)))
      await expect(close('abd')).rejects.toBeInstanceOf(Error)
      expect([(await rewriteOf(rewriteId))?.closedAt, await textOf(rewriteId)]).toEqual([null, 'abc'])
      expect(await close('abc')).toBe(true)
    })

    it('never change again', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const rewriteId = await seedOpenRewrite(database, projectId)
      await database.appendChunks([{ rewriteId, attempt: 1, offset: 0, text: 'done' }])
      const fence = { attempt: 1, length: 4 }
      await database.transaction((tx) => tx.closeRewrite(rewriteId, fence, closingOf('done')))
      const before = [await rewriteOf(rewriteId), await textOf(rewriteId)]
      expect(await database.appendChunks([{ rewriteId, attempt: 1, offset: 4, text: 'more' }])).toEqual([])
      expect(await database.transaction((tx) => tx.setCheckpoint(rewriteId, fence, 1))).toBe(false)
      const takeOver = database.transaction((tx) => tx.takeOverRewrite(rewriteId, { attempt: 2, keepUpTo: 0 }))
      await expect(takeOver).rejects.toBeInstanceOf(Error)
      expect([await rewriteOf(rewriteId), await textOf(rewriteId)]).toEqual(before)
    })
  })

  describe('checkpoints', () => {
    it('are set under the fence and replaced by the next one', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const rewriteId = await seedOpenRewrite(database, projectId, { attempt: 2 })
      await database.appendChunks([{ rewriteId, attempt: 2, offset: 0, text: '水🌊水' }])
      const set = (attempt: number, length: number, content: unknown) =>
        database.transaction((tx) => tx.setCheckpoint(rewriteId, { attempt, length }, content))
      expect(await set(1, 4, 'x')).toBe(false)
      expect(await set(2, 3, 'x')).toBe(false)
      expect(await set(2, 5, 'x')).toBe(false)
      expect((await rewriteOf(rewriteId))?.checkpoint).toBeNull()
      for (const content of [{ rows: 3, tail: trickyText, none: null }, [1, [2]], 'text', 0, null]) {
        expect(await set(2, 4, content)).toBe(true)
        expect((await rewriteOf(rewriteId))?.checkpoint).toEqual({ length: 4, content })
      }
    })
  })

  describe('made texts', () => {
    it('are found again by what they were made from, the newest of the workspace first', async () => {
      const { database } = storage()
      const fingerprint = crypto.sha256(crypto.newId())
      const [one, stranger] = [await seedProject(database), await seedProject(database)]
      const make = async (project: { projectId: string }, no: number) => {
        const id = await seedOpenRewrite(database, project.projectId, { no })
        const closing = { ...closingOf(''), fingerprint }
        await database.transaction((tx) => tx.closeRewrite(id, { attempt: 1, length: 0 }, closing))
        return id
      }
      expect(await database.madeText(one.workspaceId, fingerprint)).toBeNull()
      await make(one, 1)
      const newest = await make(one, 2)
      await make(stranger, 1)
      const found = await database.madeText(one.workspaceId, fingerprint)
      expect(found).toEqual({ rewrite: await rewriteOf(newest), title: expect.any(String) })
      expect(await database.madeText(one.workspaceId, 'another')).toBeNull()
      await database.transaction(async (tx) => tx.updateProject(one.projectId, { removedAt: await tx.now() }))
      expect(await database.madeText(one.workspaceId, fingerprint)).toBeNull()
    })
  })

  describe('instructions', () => {
    it("are those of the chain of bases, the rewrite's own included, oldest first", async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const first = await seedClosedRewrite(database, projectId, { no: 1, instruction: '短一点' })
      await seedClosedRewrite(database, projectId, {
        no: 2,
        baseRewriteId: first,
        instruction: 'a branch that was left',
      })
      const third = await seedClosedRewrite(database, projectId, { no: 3, baseRewriteId: first })
      const fourth = await seedClosedRewrite(database, projectId, {
        no: 4,
        baseRewriteId: third,
        instruction: 'At night',
      })
      const upTo = (rewriteId: string) => database.transaction((tx) => tx.instructionsUpTo(rewriteId))
      expect(await upTo(fourth)).toEqual(['短一点', 'At night'])
      expect(await upTo(third)).toEqual(['短一点'])
      const plain = await seedClosedRewrite(database, projectId, { no: 5 })
      expect(await upTo(plain)).toEqual([])
    })
  })
}
