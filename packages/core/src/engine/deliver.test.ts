import { afterEach, describe, expect, it } from 'vitest'
import { createDoorbell } from '../feed/doorbell.ts'
import { type Database, DatabaseUnavailable } from '../ports.ts'
import type { OutsideAnswer, OutsideMessage } from '../ports/outside.ts'
import { createScriptedOutside } from '../testing/scriptedOutside.ts'
import type { EngineSettings } from './settings.ts'
import { actor, answer, closeAll, createStorage, open, reaches, setUp, until } from './testing/setUp.ts'

afterEach(closeAll)

/** So long that no test lives to see it. */
const never = 3_600_000
const rungOnly: Partial<EngineSettings> = { outboxSweepMs: never, outboxPauseMs: never }

async function addWebhookTo(database: Database, workspaceId: string): Promise<void> {
  const place = { workspaceId, createdBy: actor.userId, url: 'https://hook.example' }
  const id = `w${(await database.listWebhooks([workspaceId])).length}`
  await database.insertWebhook({ id, ...place, secretEncrypted: 's', events: ['task.completed'] })
}

const newsOf = (workspaceId: string) => ({
  workspaceId,
  event: 'task.completed' as const,
  payload: '{}',
  giveUpAfterMs: never,
})

const nobodyTold = () => () => {}

/** A program that sends messages, and one on the same storage that rings when there are new ones. */
async function setUpSender({
  settings = rungOnly,
  outside = createScriptedOutside(),
  takeDue = (take) => take(),
}: {
  settings?: Partial<EngineSettings>
  outside?: ReturnType<typeof createScriptedOutside>
  takeDue?: (take: () => ReturnType<Database['takeDueDeliveries']>) => ReturnType<Database['takeDueDeliveries']>
} = {}) {
  const storage = createStorage()
  const doorbell = createDoorbell()
  const database: Database = {
    ...storage.database,
    takeDueDeliveries: (taking) => takeDue(() => storage.database.takeDueDeliveries(taking)),
    onDeliveries: nobodyTold,
  }
  const sender = await setUp({ storage: { ...storage, database }, doorbell, outside, settings })
  const maker = open({ provider: sender.model, storage, doorbell })
  const [workspaceId] = await storage.database.workspacesOf(actor.userId)
  const addWebhook = () => addWebhookTo(storage.database, workspaceId!)
  const complete = async (): Promise<void> => {
    const { taskId } = await maker.engine.create(actor, { projectId: sender.projectId, stages: ['first'] })
    answer(await sender.model.nextCall(), 'One.')
    await reaches(sender, taskId, 'completed')
  }
  return { ...sender, storage, maker, outside, addWebhook, complete }
}

describe('the outbox', () => {
  it('V31 is not looked into while nothing is rung for and nothing due', async () => {
    let looks = 0
    const { addWebhook, complete, outside } = await setUpSender({ takeDue: (take) => (looks++, take()) })
    await complete()
    await complete()
    expect(looks).toBe(1)
    await addWebhook()
    await complete()
    await until(() => outside.sent.length === 1)
    expect(looks).toBe(2)
  })

  it('V31 is rung for by the process that has made a message, whichever sends it', async () => {
    const { storage, maker, outside, addWebhook } = await setUpSender()
    await addWebhook()
    const [workspaceId] = await storage.database.workspacesOf(actor.userId)
    await maker.database.transaction((tx) => tx.insertWebhookDeliveries(newsOf(workspaceId!)))
    expect(await until(() => outside.sent[0])).toMatchObject({ event: 'task.completed' })
  })

  it('V31 is looked into when a message is due again', async () => {
    const settings = { outboxSweepMs: never, outboxPauseMs: 1, webhookRetryMs: 30, webhookRetryMostMs: 30 }
    const { outside, addWebhook, complete } = await setUpSender({ settings })
    outside.answer({ type: 'unreachable', problem: 'nobody there' }, { type: 'unreachable', problem: 'nobody there' })
    await addWebhook()
    await complete()
    await until(() => outside.sent.length === 3)
    expect(new Set(outside.sent.map(({ id }) => id)).size).toBe(1)
  })

  it('V31 is emptied, a few at once, however many messages are due together', async () => {
    const waiting: ((answer: OutsideAnswer) => void)[] = []
    const sent: string[] = []
    let mostAtOnce = 0
    const send = (message: OutsideMessage): Promise<OutsideAnswer> => {
      sent.push(message.id)
      const { promise, resolve } = Promise.withResolvers<OutsideAnswer>()
      mostAtOnce = Math.max(mostAtOnce, waiting.push(resolve))
      return promise
    }
    const outside = { ...createScriptedOutside(), send }
    const { addWebhook, complete } = await setUpSender({ settings: { ...rungOnly, deliveriesAtOnce: 2 }, outside })
    for (let count = 0; count < 5; count++) await addWebhook()
    await complete()
    for (let count = 0; count < 5; count++) {
      const tell = await until(() => waiting[0])
      // Whoever could be sent beside it has been by now.
      await new Promise((resolve) => setTimeout(resolve, 5))
      waiting.shift()
      tell({ type: 'answered', status: 200, body: '', retryAfterMs: null })
    }
    expect(new Set(sent).size).toBe(5)
    expect(sent).toHaveLength(5)
    expect(mostAtOnce).toBe(2)
  })

  it('V31 is looked into again after the database was away', async () => {
    let looks = 0
    const { outside, addWebhook, complete } = await setUpSender({
      settings: { outboxSweepMs: never, outboxPauseMs: 1 },
      async takeDue(take) {
        looks += 1
        if (looks === 2) throw new DatabaseUnavailable('The test took the database away.')
        return take()
      },
    })
    await addWebhook()
    await complete()
    await until(() => outside.sent.length === 1)
    expect(looks).toBe(3)
  })

  it('V31 is swept for what nobody rang for', async () => {
    const storage = createStorage()
    const deaf: Database = { ...storage.database, onDeliveries: nobodyTold }
    const outside = createScriptedOutside()
    const settings = { outboxSweepMs: 20, outboxPauseMs: 1 }
    await setUp({ storage: { ...storage, database: deaf }, outside, settings })
    const [workspaceId] = await storage.database.workspacesOf(actor.userId)
    await addWebhookTo(storage.database, workspaceId!)
    await storage.database.transaction((tx) => tx.insertWebhookDeliveries(newsOf(workspaceId!)))
    expect(await until(() => outside.sent[0])).toMatchObject({ event: 'task.completed' })
  })
})
