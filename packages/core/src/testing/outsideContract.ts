import { describe, expect, it } from 'vitest'
import { UniqueViolation } from '../ports/database.ts'
import type { StorageOf } from './openedStorage.ts'
import { hour, outsideSeeds } from './outsideSeeds.ts'
import { crypto, seedProject, trickyText } from './seeds.ts'

/** Processors, what was handed to them and what they say. */
export function outsideContract(storage: StorageOf): void {
  const database = () => storage().database
  const { seedProcessor, seedOutside } = outsideSeeds(database)

  describe('processors', () => {
    it('are listed in order until they are removed, and found even then', async () => {
      const processor = await seedProcessor()
      expect(await database().listProcessors()).toContainEqual(expect.objectContaining(processor))
      const patch = { active: false, removedAt: 'now' as const, url: 'https://other.example' }
      expect(await database().updateProcessor(processor.id, patch)).toBe(true)
      expect((await database().listProcessors()).map(({ id }) => id)).not.toContain(processor.id)
      const found = await database().processor(processor.id)
      expect(found).toMatchObject({ active: false, url: 'https://other.example' })
      expect(found?.removedAt).toBeInstanceOf(Date)
      expect(await database().processor(crypto.newId())).toBeNull()
      expect(await database().processor('none')).toBeNull()
      expect(await database().updateProcessor(crypto.newId(), { active: false })).toBe(false)
    })

    it('are one active to a stage, which stands in what a claim reads', async () => {
      const { id, pipeline, stage } = await seedProcessor()
      const second = { id: crypto.newId(), pipeline, stage, url: 'u', secretEncrypted: 's', timeLimitMs: 5 }
      await expect(database().insertProcessor({ ...second, active: true })).rejects.toThrow(UniqueViolation)
      await database().insertProcessor({ ...second, active: false })
      await expect(database().updateProcessor(second.id, { active: true })).rejects.toThrow(UniqueViolation)
      const { projectId } = await seedProject(database(), { pipeline })
      const standing = () => database().transaction((tx) => tx.projectStanding(projectId))
      expect((await standing())!.processors).toEqual([{ id, stage, timeLimitMs: hour }])
      await database().updateProcessor(id, { active: false })
      expect((await standing())!.processors).toEqual([])
    })
  })

  describe('outside tasks', () => {
    it('are found by their id, one open to a task, and end once', async () => {
      const { outside } = await seedOutside()
      const found = await database().outsideTask(outside.id)
      expect(found).toMatchObject({ ...outside, status: 'open', endedAt: null })
      expect(found!.deadlineAt.getTime() - found!.createdAt.getTime()).toBe(hour)
      const again = { ...outside, id: crypto.newId(), timeLimitMs: 1 }
      await expect(database().transaction((tx) => tx.insertOutsideTask(again))).rejects.toThrow(UniqueViolation)
      await database().transaction(async (tx) => {
        await tx.endOutsideTask(outside.id, 'done')
        expect(await tx.outsideTask(outside.id)).toMatchObject({ status: 'done' })
        await tx.insertOutsideTask(again)
      })
      expect((await database().outsideTask(outside.id))!.endedAt).toBeInstanceOf(Date)
      expect(await database().outsideTask(crypto.newId())).toBeNull()
      expect(await database().outsideTask('none')).toBeNull()
    })

    it('are seen by the sweep once their time is over', async () => {
      const late = await seedOutside(1)
      const inTime = await seedOutside()
      await storage().passTime(10)
      const rows = await database().sweepRows()
      const limitOf = (taskId: string) => rows.find((row) => row.id === taskId)!.overdueLimitMs
      expect([limitOf(late.task.id), limitOf(inTime.task.id)]).toEqual([1, null])
    })

    it('remember each message once', async () => {
      const { outside } = await seedOutside()
      const message = { outsideTaskId: outside.id, messageId: trickyText, accepted: false, reason: 'ended' }
      const read = () => database().transaction((tx) => tx.outsideMessage(outside.id, trickyText))
      const add = () => database().transaction((tx) => tx.insertOutsideMessage(message))
      expect(await read()).toBeNull()
      await add()
      expect(await read()).toEqual(message)
      await expect(add()).rejects.toThrow(UniqueViolation)
    })

    it('leave a closed text of their task, what it was copied from told apart', async () => {
      const { outside, project } = await seedOutside()
      const id = crypto.newId()
      const origin = { inputRewriteId: null, baseRewriteId: null, instruction: null, createdBy: project.userId }
      const made = { taskId: outside.taskId, attempt: 4, ending: 'interrupted' as const, copiedLength: 3 }
      const text = { text: trickyText, sha256: crypto.sha256(trickyText), summary: null }
      const place = { id, projectId: project.projectId, stageKey: 'rewrite', no: 1, kind: 'generated' as const }
      await database().transaction((tx) => tx.insertClosedRewrite({ ...place, ...origin, ...text, made }))
      const { rewrite, text: stored } = (await database().storedTextFrom(id, 0))!
      expect(stored).toBe(trickyText)
      const spans = [
        { attempt: 0, from: 0 },
        { attempt: 4, from: 3 },
      ]
      expect(rewrite).toMatchObject({ taskId: outside.taskId, attempt: 4, ending: 'interrupted', spans })
    })
  })
}
