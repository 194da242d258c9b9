import { describe, expect, it } from 'vitest'
import { databaseContract } from '../testing/databaseContract.ts'
import { createManualClock } from '../testing/manualClock.ts'
import { createNodeCrypto } from '../testing/nodeCrypto.ts'
import { seedProject } from '../testing/seeds.ts'
import type { Tx } from '../ports/database.ts'
import { createMemoryStorage } from './storage.ts'

databaseContract('memory (D1)', async () => {
  const clock = createManualClock()
  return {
    ...createMemoryStorage({ clock, crypto: createNodeCrypto() }),
    expireLeases: async () => clock.advance(10_001),
    passTime: async (ms) => clock.advance(ms),
    close: async () => {},
  }
})

describe('the memory storage', () => {
  it("refuses a transaction's operations once it is over", async () => {
    const { database } = createMemoryStorage({ crypto: createNodeCrypto() })
    const { projectId } = await seedProject(database)
    const kept: Tx[] = []
    await database.transaction(async (tx) => void kept.push(tx))
    await expect(kept[0]!.touchProject(projectId)).rejects.toThrow('over')
    expect(await database.projectRevision(projectId)).toBe(0)
  })

  it('refuses undefined in a patch, which no database can store', async () => {
    const { database } = createMemoryStorage({ crypto: createNodeCrypto() })
    const { projectId } = await seedProject(database)
    const patch = { title: undefined } as unknown as { title: string }
    await expect(database.transaction((tx) => tx.updateProject(projectId, patch))).rejects.toThrow(TypeError)
  })

  it('goes on after a transaction that failed, in the order of asking', async () => {
    const { database } = createMemoryStorage({ crypto: createNodeCrypto() })
    const order: number[] = []
    const turns = [1, 2, 3].map((turn) =>
      database.transaction(async (tx) => {
        await tx.now()
        order.push(turn)
        if (turn === 2) throw new Error('Back')
      }),
    )
    expect((await Promise.allSettled(turns)).map((turn) => turn.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(order).toEqual([1, 2, 3])
  })
})
