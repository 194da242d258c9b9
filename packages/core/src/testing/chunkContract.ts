import { describe, expect, it } from 'vitest'
import type { StorageOf } from './openedStorage.ts'
import {
  appendPieces,
  crypto,
  piecesOf,
  seedOpenRewrite,
  seedProject,
  seedTask,
  setStatus,
  trickyText,
} from './seeds.ts'

/** Live text: chunks end to end, without gaps, under the fence of their rewrite's row. */
export function chunkContract(storage: StorageOf): void {
  const rewriteOf = (rewriteId: string) => storage().database.transaction((tx) => tx.rewrite(rewriteId))
  const textOf = (rewriteId: string) => storage().database.transaction((tx) => tx.storedText(rewriteId))
  const seedOpen = async (attempt = 1) =>
    seedOpenRewrite(storage().database, (await seedProject(storage().database)).projectId, { attempt })

  describe('chunks', () => {
    it('are appended end to end, counted in code units', async () => {
      const { database } = storage()
      const rewriteId = await seedOpen()
      const length = await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: piecesOf(trickyText, 3) })
      expect(length).toBe(trickyText.length)
      expect(await rewriteOf(rewriteId)).toMatchObject({
        length,
        attempt: 1,
        spans: [{ attempt: 1, from: 0 }],
        closedAt: null,
      })
      expect(await textOf(rewriteId)).toBe(trickyText)
    })

    it("are refused where the attempt or the offset is not the row's: no gap, no overlap, no repeat", async () => {
      const { database } = storage()
      const rewriteId = await seedOpen(2)
      await appendPieces(database, rewriteId, { attempt: 2, offset: 0, pieces: ['水🌊'] })
      const refused = [
        { attempt: 1, offset: 3 },
        { attempt: 3, offset: 3 },
        { attempt: 2, offset: 0 },
        { attempt: 2, offset: 2 },
        { attempt: 2, offset: 4 },
      ]
      for (const place of refused) expect(await database.appendChunks([{ rewriteId, ...place, text: 'x' }])).toEqual([])
      expect(await database.appendChunks([{ rewriteId: crypto.newId(), attempt: 1, offset: 0, text: 'x' }])).toEqual([])
      expect(await textOf(rewriteId)).toBe('水🌊')
      expect((await rewriteOf(rewriteId))?.length).toBe(3)
    })

    it('of many streams go in one call; a lost stream does not stop the others', async () => {
      const { database } = storage()
      const ids = await Promise.all(Array.from({ length: 5 }, () => seedOpen()))
      const writes = ids.map((rewriteId, at) => ({
        rewriteId,
        attempt: at === 2 ? 9 : 1,
        offset: 0,
        text: `流${at}🌊`,
      }))
      const written = await database.appendChunks(writes.toReversed())
      const own = ids.filter((_, at) => at !== 2)
      expect(written.map((stream) => stream.rewriteId).toSorted()).toEqual(own.toSorted())
      expect(await Promise.all(ids.map(textOf))).toEqual(['流0🌊', '流1🌊', '', '流3🌊', '流4🌊'])
      expect(await database.appendChunks([])).toEqual([])
    })

    it('without text are answered as their stream stands, and add nothing', async () => {
      const { database } = storage()
      const rewriteId = await seedOpen()
      const append = (offset: number, text: string) => database.appendChunks([{ rewriteId, attempt: 1, offset, text }])
      for (const text of ['', '', 'abc', '']) {
        expect(await append((await rewriteOf(rewriteId))!.length, text)).toEqual([
          { rewriteId, cancelRequested: false },
        ])
      }
      expect(await append(2, '')).toEqual([])
      expect(await textOf(rewriteId)).toBe('abc')
    })

    it('of two writers at one place: exactly one is stored', async () => {
      const { database } = storage()
      const rewriteId = await seedOpen()
      const tries = Array.from({ length: 10 }, (_, at) => `writer ${at}`)
      const answers = await Promise.all(
        tries.map((text) => database.appendChunks([{ rewriteId, attempt: 1, offset: 0, text }])),
      )
      expect(answers.flat()).toEqual([{ rewriteId, cancelRequested: false }])
      expect(await textOf(rewriteId)).toBe(tries[answers.findIndex((answer) => answer.length === 1)])
    })

    it('say when the task was asked to stop', async () => {
      const { database } = storage()
      const project = await seedProject(database)
      const task = await seedTask(database, project)
      await setStatus(database, task.id, 'running')
      const rewriteId = await seedOpenRewrite(database, project.projectId, { taskId: task.id })
      const append = (offset: number) => database.appendChunks([{ rewriteId, attempt: 1, offset, text: '.' }])
      expect(await append(0)).toEqual([{ rewriteId, cancelRequested: false }])
      await database.transaction((tx) => tx.updateTask(task.id, {}, { cancelRequestedAt: 'now' }))
      expect(await append(1)).toEqual([{ rewriteId, cancelRequested: true }])
    })
  })
}
