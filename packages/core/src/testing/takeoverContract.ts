import { describe, expect, it } from 'vitest'
import type { OpenedStorage, StorageOf } from './openedStorage.ts'
import { appendPieces, closingOf, piecesOf, seedOpenRewrite, seedProject } from './seeds.ts'

/** Attempts that take over from one another: what is kept, who may write, and what comes too late. */
export function takeoverContract(storage: StorageOf): void {
  const rewriteOf = (rewriteId: string) => storage().database.transaction((tx) => tx.rewrite(rewriteId))
  const textOf = (rewriteId: string) => storage().database.transaction((tx) => tx.storedText(rewriteId))
  const seedOpen = async (attempt = 1) =>
    seedOpenRewrite(storage().database, (await seedProject(storage().database)).projectId, { attempt })

  describe('takeover', () => {
    it('cuts at any place, in and between chunks; spans and the next writer go on from there', async () => {
      const { database } = storage()
      const { projectId } = await seedProject(database)
      const text = '春🌊a𠮷"野\r\n👩‍🚀!'
      const places = piecesOf(text, 1).reduce((cuts, point) => [...cuts, cuts.at(-1)! + point.length], [0])
      for (const [at, keepUpTo] of places.entries()) {
        const rewriteId = await seedOpenRewrite(database, projectId, { no: at + 1 })
        await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: piecesOf(text, 4) })
        await database.transaction((tx) => tx.takeOverRewrite(rewriteId, { attempt: 2, keepUpTo }))
        const spans =
          keepUpTo === 0
            ? [{ attempt: 2, from: 0 }]
            : [
                { attempt: 1, from: 0 },
                { attempt: 2, from: keepUpTo },
              ]
        expect(await rewriteOf(rewriteId)).toMatchObject({ attempt: 2, length: keepUpTo, spans })
        expect(await textOf(rewriteId)).toBe(text.slice(0, keepUpTo))
        await appendPieces(database, rewriteId, { attempt: 2, offset: keepUpTo, pieces: ['续', '🌊!'] })
        const whole = `${text.slice(0, keepUpTo)}续🌊!`
        expect((await database.storedTextFrom(rewriteId, 0))?.text).toBe(whole)
        const fence = { attempt: 2, length: whole.length }
        expect(await database.transaction((tx) => tx.closeRewrite(rewriteId, fence, closingOf(whole)))).toBe(true)
      }
    })

    it('again and again keeps only the spans whose text is still there', async () => {
      const { database } = storage()
      const rewriteId = await seedOpen()
      const takeOver = (attempt: number, keepUpTo: number) =>
        database.transaction((tx) => tx.takeOverRewrite(rewriteId, { attempt, keepUpTo }))
      await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: ['0123', '4567'] })
      await takeOver(2, 6)
      await appendPieces(database, rewriteId, { attempt: 2, offset: 6, pieces: ['ab', 'cd'] })
      await takeOver(3, 10)
      await takeOver(4, 10)
      await appendPieces(database, rewriteId, { attempt: 4, offset: 10, pieces: ['EF'] })
      const spans = [
        { attempt: 1, from: 0 },
        { attempt: 2, from: 6 },
      ]
      expect(await rewriteOf(rewriteId)).toMatchObject({
        attempt: 4,
        length: 12,
        spans: [...spans, { attempt: 4, from: 10 }],
      })
      expect(await textOf(rewriteId)).toBe('012345abcdEF')
      await takeOver(5, 7)
      expect(await rewriteOf(rewriteId)).toMatchObject({ length: 7, spans: [...spans, { attempt: 5, from: 7 }] })
      await takeOver(6, 6)
      expect((await rewriteOf(rewriteId))?.spans).toEqual([
        { attempt: 1, from: 0 },
        { attempt: 6, from: 6 },
      ])
      await takeOver(7, 0)
      expect(await rewriteOf(rewriteId)).toMatchObject({ length: 0, spans: [{ attempt: 7, from: 0 }] })
      expect(await textOf(rewriteId)).toBe('')
    })

    it('keeps the checkpoint it goes on from', async () => {
      const { database } = storage()
      const rewriteId = await seedOpen()
      await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: ['水🌊'] })
      await database.transaction((tx) => tx.setCheckpoint(rewriteId, { attempt: 1, length: 3 }, { rows: 1 }))
      await appendPieces(database, rewriteId, { attempt: 1, offset: 3, pieces: ['lost'] })
      await database.transaction((tx) => tx.takeOverRewrite(rewriteId, { attempt: 2, keepUpTo: 3 }))
      expect((await rewriteOf(rewriteId))?.checkpoint).toEqual({ length: 3, content: { rows: 1 } })
      expect(await textOf(rewriteId)).toBe('水🌊')
    })

    it('never moves the fence back to an older attempt', async () => {
      const { database } = storage()
      const rewriteId = await seedOpen(3)
      const goBack = database.transaction((tx) => tx.takeOverRewrite(rewriteId, { attempt: 2, keepUpTo: 0 }))
      await expect(goBack).rejects.toBeInstanceOf(Error)
      expect((await rewriteOf(rewriteId))?.attempt).toBe(3)
    })

    it('never keeps more than there is', async () => {
      const { database } = storage()
      const rewriteId = await seedOpen()
      await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: ['abc'] })
      const tooMuch = database.transaction((tx) => tx.takeOverRewrite(rewriteId, { attempt: 2, keepUpTo: 4 }))
      await expect(tooMuch).rejects.toBeInstanceOf(Error)
      expect(await rewriteOf(rewriteId)).toMatchObject({ attempt: 1, length: 3 })
    })

    it('shuts the former attempt out: its chunks, checkpoints and closings are refused', async () => {
      const { database } = storage()
      const rewriteId = await seedOpen()
      await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: ['abc'] })
      await database.transaction((tx) => tx.takeOverRewrite(rewriteId, { attempt: 2, keepUpTo: 3 }))
      const fence = { attempt: 1, length: 3 }
      expect(await database.appendChunks([{ rewriteId, attempt: 1, offset: 3, text: 'late' }])).toEqual([])
      expect(await database.transaction((tx) => tx.setCheckpoint(rewriteId, fence, 1))).toBe(false)
      expect(await database.transaction((tx) => tx.closeRewrite(rewriteId, fence, closingOf('abc')))).toBe(false)
      expect(await textOf(rewriteId)).toBe('abc')
    })

    it('beside a writer that does not know yet: what it wrote meanwhile is cut or refused, none is left behind', async () => {
      const { database } = storage()
      for (let round = 0; round < 20; round++) {
        const rewriteId = await seedOpen()
        expect(await raceWithTakeover(storage(), rewriteId, 1 + (round % 4))).toBeGreaterThanOrEqual(9)
        expect(await rewriteOf(rewriteId)).toMatchObject({ attempt: 2, length: 4 })
        await appendPieces(database, rewriteId, { attempt: 2, offset: 4, pieces: ['续', '🌊'] })
        expect(await textOf(rewriteId)).toBe('水🌊水续🌊')
      }
    })

    it('a write of the former attempt, begun before the takeover has committed, changes nothing after it', async () => {
      for (const keepUpTo of [3, 1, 0]) {
        const rewriteId = await seedOpen()
        expect(await writeDuringTakeover(storage(), rewriteId, keepUpTo)).toEqual([[], []])
        const stored = (await storage().database.storedTextFrom(rewriteId, 0))!
        expect(stored.text).toBe('abc'.slice(0, keepUpTo))
        expect(stored.rewrite.length).toBe(keepUpTo)
        await appendPieces(storage().database, rewriteId, { attempt: 2, offset: keepUpTo, pieces: ['new'] })
      }
    })
  })
}

/** A writer of the first attempt goes on until it is refused, while the second takes over; answers how far it came. */
async function raceWithTakeover({ database }: OpenedStorage, rewriteId: string, writtenFirst: number): Promise<number> {
  const append = (offset: number) => database.appendChunks([{ rewriteId, attempt: 1, offset, text: '水🌊'.repeat(3) }])
  let length = 0
  for (let count = 0; count < writtenFirst; count++, length += 9) await append(length)
  const takeover = database.transaction((tx) => tx.takeOverRewrite(rewriteId, { attempt: 2, keepUpTo: 4 }))
  // A storage in memory answers without giving timers a turn: only a bound ends this where the fence never moves.
  while ((await append(length)).length === 1 && length < 9_000) length += 9
  await takeover
  return length
}

/** Answers what two writes of the former attempt came to that were begun while the takeover was under way. */
async function writeDuringTakeover(
  { database }: OpenedStorage,
  rewriteId: string,
  keepUpTo: number,
): Promise<unknown[]> {
  await appendPieces(database, rewriteId, { attempt: 1, offset: 0, pieces: ['ab', 'c'] })
  const late: Promise<unknown>[] = []
  await database.transaction(async (tx) => {
    await tx.takeOverRewrite(rewriteId, { attempt: 2, keepUpTo })
    // The row is held now: this write waits for the commit, and must then see the new attempt.
    late.push(database.appendChunks([{ rewriteId, attempt: 1, offset: 3, text: 'late' }]))
    late.push(database.appendChunks([{ rewriteId, attempt: 1, offset: keepUpTo, text: 'late' }]))
    for (let step = 0; step < 5; step++) await tx.rewrite(rewriteId)
  })
  return Promise.all(late)
}
