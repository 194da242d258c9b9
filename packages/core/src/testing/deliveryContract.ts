import { describe, expect, it } from 'vitest'
import type { NewDelivery } from '../ports/outsideStorage.ts'
import type { StorageOf } from './openedStorage.ts'
import { hour, outsideSeeds } from './outsideSeeds.ts'
import { crypto, seedProject, trickyText, type SeededProject } from './seeds.ts'

/** Whoever is told of a commit may be told a moment after it. */
const settled = () => new Promise((resolve) => setImmediate(resolve))
const tryOf = (status: number | null) => ({ at: '2026-01-01T00:00:00.000Z', status, problem: null, body: null })

/** Messages on their way to processors and webhooks, and the webhooks. */
export function deliveryContract(storage: StorageOf): void {
  const database = () => storage().database
  const { seedOutside } = outsideSeeds(database)

  async function seedWebhook(project: SeededProject) {
    const id = crypto.newId()
    const { workspaceId, userId } = project
    const place = { id, workspaceId, createdBy: userId, url: 'https://w.example', secretEncrypted: 's' }
    await database().insertWebhook({ ...place, events: ['task.failed'] })
    return id
  }

  const tell = (workspaceId: string, event: 'task.failed' | 'task.completed' = 'task.failed') =>
    database().transaction((tx) =>
      tx.insertWebhookDeliveries({ workspaceId, event, payload: trickyText, giveUpAfterMs: hour }),
    )
  const logOf = async (webhookId: string) =>
    (await database().listDeliveries(webhookId, { page: 1, pageSize: 100 })).deliveries
  /** Of the others' messages nothing is changed: they are due again at once. */
  const take = async (isMine: (row: { webhookId: string | null; outsideTaskId: string | null }) => boolean) =>
    (await database().takeDueDeliveries({ limit: 10_000, leaseMs: 0 })).deliveries.filter(isMine)

  describe('messages', () => {
    it('go to the webhooks that want the event, and are there with the commit only', async () => {
      const project = await seedProject(database())
      const webhookId = await seedWebhook(project)
      await tell(project.workspaceId, 'task.completed')
      const failing = database().transaction(async (tx) => {
        const news = {
          workspaceId: project.workspaceId,
          event: 'task.failed' as const,
          payload: '{}',
          giveUpAfterMs: 1,
        }
        await tx.insertWebhookDeliveries(news)
        throw new Error('rolled back')
      })
      await expect(failing).rejects.toThrow('rolled back')
      expect(await logOf(webhookId)).toEqual([])
      await tell(project.workspaceId)
      expect(await logOf(webhookId)).toMatchObject([
        { kind: 'webhook', webhookId, event: 'task.failed', payload: trickyText, status: 'pending', tries: [] },
      ])
      await database().transaction((tx) => tx.updateWebhook(webhookId, { active: false, problem: 'gone' }))
      await tell(project.workspaceId)
      expect(await logOf(webhookId)).toHaveLength(1)
    })

    it('are given to one of many who ask at once, and to another when the lease is over', async () => {
      const project = await seedProject(database())
      const webhookId = await seedWebhook(project)
      await tell(project.workspaceId)
      const takes = await Promise.all(
        Array.from({ length: 8 }, () => database().takeDueDeliveries({ limit: 10_000, leaseMs: 60 })),
      )
      const mine = takes.flatMap(({ deliveries }) => deliveries).filter((row) => row.webhookId === webhookId)
      expect(mine).toHaveLength(1)
      expect(mine[0]).toMatchObject({
        url: 'https://w.example',
        secretEncrypted: 's',
        projectId: null,
        failingForMs: 0,
      })
      await storage().passTime(80)
      expect((await take((row) => row.webhookId === webhookId)).map(({ id }) => id)).toEqual([mine[0]!.id])
    })

    it('are told of once they are stored, and only when there are any', async () => {
      const project = await seedProject(database())
      let rings = 0
      const stop = database().onDeliveries(() => rings++)
      const stopSecond = database().onDeliveries(() => rings++)
      stopSecond()
      await tell(project.workspaceId)
      await seedWebhook(project)
      await tell(project.workspaceId, 'task.completed')
      await settled()
      expect(rings).toBe(0)
      await tell(project.workspaceId)
      await settled()
      expect(rings).toBe(1)
      stop()
      await tell(project.workspaceId)
      await settled()
      expect(rings).toBe(1)
    })

    it('say when the next one is due that was not due yet', async () => {
      const project = await seedProject(database())
      const webhookId = await seedWebhook(project)
      await tell(project.workspaceId)
      // Those of the other tests are put off further than ours.
      await database().takeDueDeliveries({ limit: 10_000, leaseMs: 5 * hour })
      const [delivery] = await logOf(webhookId)
      const next = { status: 'pending' as const, delayMs: hour / 60 }
      await database().transaction((tx) => tx.recordTry(delivery!.id, tryOf(503), next))
      const { deliveries, nextDueInMs } = await database().takeDueDeliveries({ limit: 10_000, leaseMs: 0 })
      expect(deliveries).toEqual([])
      expect(nextDueInMs).toBeGreaterThan(0)
      expect(nextDueInMs).toBeLessThanOrEqual(hour / 60)
    })

    it('keep their tries, come again when it is time, and end once', async () => {
      const project = await seedProject(database())
      const webhookId = await seedWebhook(project)
      await tell(project.workspaceId)
      const [delivery] = await logOf(webhookId)
      const note = (status: number | null, delayMs: number | null) =>
        database().transaction((tx) =>
          tx.recordTry(
            delivery!.id,
            tryOf(status),
            delayMs === null ? { status: 'delivered' } : { status: 'pending', delayMs },
          ),
        )
      expect(await note(null, hour)).toBe(true)
      expect(await take((row) => row.webhookId === webhookId)).toEqual([])
      expect(await note(503, 0)).toBe(true)
      expect(await take((row) => row.webhookId === webhookId)).toMatchObject([{ tries: [tryOf(null), tryOf(503)] }])
      expect(await note(200, null)).toBe(true)
      expect(await note(500, 0)).toBe(false)
      expect(await logOf(webhookId)).toMatchObject([
        { status: 'delivered', tries: [tryOf(null), tryOf(503), tryOf(200)], endedAt: expect.any(Date) },
      ])
      expect(await take((row) => row.webhookId === webhookId)).toEqual([])
    })

    it('to a processor carry its address, are dropped with their outside task, and keep no text', async () => {
      const { outside, processor, project } = await seedOutside()
      const job: NewDelivery = {
        kind: 'job',
        event: 'task.job',
        payload: trickyText,
        processorId: processor.id,
        outsideTaskId: outside.id,
        giveUpAfterMs: hour,
      }
      await database().transaction((tx) => tx.insertDelivery(job))
      const isMine = (row: { outsideTaskId: string | null }) => row.outsideTaskId === outside.id
      const [taken] = await take(isMine)
      expect(taken).toMatchObject({
        kind: 'job',
        payload: trickyText,
        url: processor.url,
        projectId: project.projectId,
      })
      expect(taken!.giveUpAt.getTime() - taken!.createdAt.getTime()).toBe(hour)
      await database().transaction((tx) => tx.dropDeliveries({ outsideTaskId: outside.id }))
      expect(await take(isMine)).toEqual([])
      expect(await database().transaction((tx) => tx.recordTry(taken!.id, tryOf(200), { status: 'delivered' }))).toBe(
        false,
      )
    })
  })

  describe('webhooks', () => {
    it('are listed by workspace until they are removed; how long one has failed is known', async () => {
      const project = await seedProject(database())
      const other = await seedProject(database())
      const webhookId = await seedWebhook(project)
      expect(await database().listWebhooks([other.workspaceId])).toEqual([])
      expect(await database().listWebhooks([project.workspaceId])).toMatchObject([
        { id: webhookId, events: ['task.failed'], active: true, problem: null, failingSince: null },
      ])
      await database().transaction((tx) => tx.updateWebhook(webhookId, { failingSince: 'now' }))
      await storage().passTime(10)
      await tell(project.workspaceId)
      expect((await take((row) => row.webhookId === webhookId))[0]!.failingForMs).toBeGreaterThan(0)
      await database().transaction(async (tx) => {
        await tx.updateWebhook(webhookId, { active: false, removedAt: 'now' })
        await tx.dropDeliveries({ webhookId })
      })
      expect(await database().listWebhooks([project.workspaceId])).toEqual([])
      expect((await database().webhook(webhookId))!.removedAt).toBeInstanceOf(Date)
      expect(await logOf(webhookId)).toMatchObject([{ status: 'dropped', payload: trickyText }])
      expect(await database().webhook(crypto.newId())).toBeNull()
    })

    it('have their log forgotten with time, and what is on its way kept', async () => {
      const project = await seedProject(database())
      const webhookId = await seedWebhook(project)
      await tell(project.workspaceId)
      await tell(project.workspaceId)
      const [, oldest] = await logOf(webhookId)
      await database().transaction((tx) => tx.recordTry(oldest!.id, tryOf(200), { status: 'delivered' }))
      await storage().passTime(10)
      await database().forgetDeliveries(hour)
      expect(await logOf(webhookId)).toHaveLength(2)
      await database().forgetDeliveries(1)
      expect(await logOf(webhookId)).toMatchObject([{ status: 'pending' }])
    })
  })
}
