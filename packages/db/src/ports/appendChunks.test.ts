// The fence of chunks, with statements that really overlap: two connections of one PostgreSQL.
import { randomUUID } from 'node:crypto'
import type { ChunkWrite } from '@stagewright/core'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appendChunks } from './appendChunks.ts'
import { openTestStorage, type TestStorage } from '../testing/openTestStorage.ts'

describe('chunks of streams that overlap', () => {
  let storage: TestStorage
  beforeAll(async () => {
    storage = await openTestStorage('postgres')
  })
  afterAll(() => storage?.close())

  /** Open rewrites of attempt 1 with the text 'abc', in order of their ids. */
  async function seedRewrites(count: number): Promise<string[]> {
    const { database } = storage
    const [workspaceId] = await database.workspacesOf('u')
    const rewriteIds = Array.from({ length: count }, () => randomUUID()).toSorted()
    for (const id of rewriteIds) {
      const projectId = randomUUID()
      const origin = { inputRewriteId: null, baseRewriteId: null, instruction: null, createdBy: null }
      await database.transaction(async (tx) => {
        await tx.insertProject(
          { id: projectId, workspaceId: workspaceId!, createdBy: 'u', pipeline: 'story', title: '', input: {} },
          ['a'],
        )
        await tx.insertOpenRewrite({
          id,
          projectId,
          stageKey: 'a',
          no: 1,
          kind: 'generated',
          taskId: null,
          attempt: 1,
          ...origin,
        })
      })
    }
    await database.appendChunks(rewriteIds.map((rewriteId) => ({ rewriteId, attempt: 1, offset: 0, text: 'abc' })))
    return rewriteIds
  }

  const chunk = (rewriteId: string, offset: number, text = 'xyz'): ChunkWrite => ({
    rewriteId,
    attempt: 1,
    offset,
    text,
  })
  const textOf = async (rewriteId: string) => (await storage.database.storedTextFrom(rewriteId, 0))!.text

  /** Settles when that many sessions of this database wait for a lock. */
  async function waitForBlocked(count: number): Promise<void> {
    for (;;) {
      const { rows } = await storage.opened.pool.query(
        `SELECT count(*)::int AS blocked FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      if (rows[0].blocked >= count) return
    }
  }

  it('D3 a write that began before a takeover and ends after it changes nothing', async () => {
    const { database } = storage
    const [mine, other] = (await seedRewrites(2)) as [string, string]
    let late: Promise<unknown> | undefined
    await database.transaction(async (tx) => {
      await tx.takeOverRewrite(mine, { attempt: 2, keepUpTo: 2 })
      late = database.appendChunks([chunk(mine, 3), chunk(other, 3)])
      await waitForBlocked(1) // it has begun, and its snapshot still shows attempt 1
    })
    expect(await late).toEqual([{ rewriteId: other, cancelRequested: false }])
    expect([await textOf(mine), await textOf(other)]).toEqual(['ab', 'abcxyz'])
    const { rows } = await storage.opened.pool.query('SELECT length FROM rewrites WHERE id = $1', [mine])
    expect(rows).toEqual([{ length: 2 }])
  })

  it('D3 a write that fits only by offset after a takeover is refused for its attempt', async () => {
    const { database } = storage
    const [id] = (await seedRewrites(1)) as [string]
    let late: Promise<unknown> | undefined
    await database.transaction(async (tx) => {
      await tx.takeOverRewrite(id, { attempt: 2, keepUpTo: 3 })
      late = database.appendChunks([chunk(id, 3)])
      await waitForBlocked(1)
    })
    expect(await late).toEqual([])
    expect(await textOf(id)).toBe('abc')
  })

  it('D5 rows given in opposite order by two statements, with a takeover between, never deadlock', async () => {
    const { database } = storage
    for (let round = 0; round < 20; round++) {
      const ids = await seedRewrites(6)
      const taken = ids[2 + (round % 3)]!
      const upwards = ids.map((id) => chunk(id, 3, 'up'))
      const downwards = ids.toReversed().map((id) => chunk(id, 3, 'down'))
      const both: Promise<unknown>[] = []
      await database.transaction(async (tx) => {
        await tx.takeOverRewrite(taken, { attempt: 2, keepUpTo: 1 })
        both.push(appendWithoutRetry(upwards), appendWithoutRetry(downwards))
        await waitForBlocked(2)
      })
      await Promise.all(both)
      expect(await textOf(taken)).toBe('a')
      const texts = new Set(await Promise.all(ids.filter((id) => id !== taken).map(textOf)))
      expect([['abcup'], ['abcdown']]).toContainEqual([...texts])
    }
  })

  it('D4 many writers of the same streams leave texts without gap or overlap', async () => {
    const { database } = storage
    const ids = await seedRewrites(4)
    const written = await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        database.appendChunks((at % 2 ? ids : ids.toReversed()).map((id) => chunk(id, 3, `<${at}>`))),
      ),
    )
    const winners = new Map(written.flatMap((rows, at) => rows.map((row) => [row.rewriteId, at])))
    expect(winners.size).toBe(ids.length)
    for (const id of ids) expect(await textOf(id)).toBe(`abc<${winners.get(id)}>`)
  })

  /** On a connection of its own, where a deadlock would be an error and not another try. */
  async function appendWithoutRetry(writes: ChunkWrite[]): Promise<void> {
    const pool = new pg.Pool({ ...storage.opened.poolConfig, max: 1 })
    try {
      await appendChunks(pool, writes)
    } finally {
      await pool.end()
    }
  }
})
