import { afterEach, describe, expect, it } from 'vitest'
import type { OutsideAnswer } from '../ports/outside.ts'
import { createScriptedOutside } from '../testing/scriptedOutside.ts'
import { decideDelivery } from './decideDelivery.ts'
import { defaultSettings, type EngineSettings } from './settings.ts'
import { actor, answer, closeAll, reaches, setUp, until } from './testing/setUp.ts'

afterEach(closeAll)

const answered = (status: number, retryAfterMs: number | null = null): OutsideAnswer => ({
  type: 'answered',
  status,
  body: '',
  retryAfterMs,
})
const away: OutsideAnswer = { type: 'unreachable', problem: 'nobody there' }

async function setUpWebhook(settings: Partial<EngineSettings> = {}) {
  const outside = createScriptedOutside()
  const setup = await setUp({ outside, settings: { webhookRetryMs: 1, webhookRetryMostMs: 2, ...settings } })
  const [workspaceId] = await setup.database.workspacesOf(actor.userId)
  const wish = { createdBy: actor.userId, url: 'https://hook.example', secretEncrypted: 's' }
  await setup.database.insertWebhook({
    id: 'w',
    workspaceId: workspaceId!,
    ...wish,
    events: ['task.completed', 'task.failed', 'task.cancelled', 'task.waiting'],
  })
  const run = async (request: { stages?: string[]; reviewEach?: boolean } = {}) => {
    const { projectId } = setup
    const { taskId } = await setup.engine.create(actor, { projectId, stages: ['first'], ...request })
    return taskId
  }
  const log = async () => (await setup.database.listDeliveries('w', { page: 1, pageSize: 50 })).deliveries
  return { ...setup, outside, run, log }
}

describe('webhooks', () => {
  it('V20 are told of each end of a task, once, with what it was', async () => {
    const { outside, model, engine, run, ...setup } = await setUpWebhook()
    const completed = await run()
    answer(await model.nextCall(), 'One.')
    await reaches(setup, completed, 'completed')
    const failed = await run()
    answer(await model.nextCall(), 'UNREADABLE')
    await reaches(setup, failed, 'failed')
    const cancelled = await run()
    await model.nextCall()
    await engine.cancel(actor, cancelled)
    await reaches(setup, cancelled, 'cancelled')
    await until(() => outside.sent.length === 3)
    expect(outside.sent.map(({ event, data }) => [event, data['taskId'], data['status']])).toEqual([
      ['task.completed', completed, 'completed'],
      ['task.failed', failed, 'failed'],
      ['task.cancelled', cancelled, 'cancelled'],
    ])
    expect(outside.sent[1]).toMatchObject({
      url: 'https://hook.example',
      owner: { kind: 'webhook', id: 'w' },
      data: { projectId: setup.projectId, failure: { code: 'provider.badAnswer' } },
    })
    await until(async () => (await setup.log()).every(({ status }) => status === 'delivered'))
    expect(await setup.log()).toHaveLength(3)
  })

  it('V20 are told that a task waits for a review', async () => {
    const { outside, model, run } = await setUpWebhook()
    const taskId = await run({ stages: ['first', 'second'], reviewEach: true })
    answer(await model.nextCall(), 'One.')
    const news = await until(() => outside.sent[0])
    expect([news.event, news.data['taskId'], news.data['waitingFor']]).toEqual(['task.waiting', taskId, 'review'])
  })

  it('V21 are tried again as the same message until it comes through, with every try in the log', async () => {
    const { outside, model, run, log, database } = await setUpWebhook()
    outside.answer(away, answered(500), answered(404), answered(204))
    await run()
    answer(await model.nextCall(), 'One.')
    await until(async () => (await log())[0]?.status === 'delivered')
    expect(new Set(outside.sent.map(({ id }) => id)).size).toBe(1)
    const [delivery] = await log()
    expect(delivery!.tries.map(({ status, problem }) => [status, problem])).toEqual([
      [null, 'nobody there'],
      [500, null],
      [404, null],
      [204, null],
    ])
    expect(await database.webhook('w')).toMatchObject({ active: true, failingSince: null })
  })

  it('V22 are switched off by 410, and after failing for days, and say so', async () => {
    const gone = await setUpWebhook()
    gone.outside.answer(answered(410))
    await gone.run()
    answer(await gone.model.nextCall(), 'One.')
    await until(async () => !(await gone.database.webhook('w'))!.active)
    expect(await gone.database.webhook('w')).toMatchObject({ active: false, problem: 'gone' })
    const later = await gone.run()
    answer(await gone.model.nextCall(), 'Two.')
    await reaches(gone, later, 'completed')
    expect(await gone.log()).toHaveLength(1)

    const failing = await setUpWebhook({ webhookFailingMs: 1 })
    failing.outside.answer(away, away, away, away, away)
    await failing.run()
    answer(await failing.model.nextCall(), 'One.')
    await until(async () => !(await failing.database.webhook('w'))!.active)
    expect(await failing.database.webhook('w')).toMatchObject({ active: false, problem: 'failing' })
    expect(await failing.log()).toMatchObject([{ status: 'failed' }])
  })

  it('V23 tries about eight times in a day, further and further apart', () => {
    const context = { settings: defaultSettings, random: 0.5 }
    const delivery = { kind: 'webhook' as const, failingForMs: 0 }
    let leftMs = 26 * 3_600_000
    const delays: number[] = []
    for (;;) {
      const tries = delays.map(() => ({ at: '', status: 500, problem: null, body: null }))
      const { next } = decideDelivery({ ...delivery, tries, leftMs }, answered(500), context)
      if (next.status !== 'pending') break
      delays.push(next.delayMs)
      leftMs -= next.delayMs
    }
    expect(delays.length).toBeGreaterThanOrEqual(7)
    expect(delays.length).toBeLessThanOrEqual(9)
    expect(delays).toEqual(delays.toSorted((a, b) => a - b))
    expect(delays.slice(0, 3)).toEqual([5_000, 25_000, 125_000])
  })

  it.each([
    ['job', answered(200), 'delivered'],
    ['job', answered(302), 'failed'],
    ['job', answered(400), 'failed'],
    ['job', answered(410), 'failed'],
    ['job', answered(408), 'pending'],
    ['job', answered(425), 'pending'],
    ['job', answered(429), 'pending'],
    ['job', answered(503), 'pending'],
    ['job', away, 'pending'],
    ['job', { type: 'refused', problem: 'it is internal' }, 'failed'],
    ['webhook', answered(302), 'pending'],
    ['webhook', answered(404), 'pending'],
    ['webhook', { type: 'refused', problem: 'it is internal' }, 'failed'],
  ] as const)('V23 a %s that is answered %j is %s', (kind, given, status) => {
    const delivery = { kind, tries: [], failingForMs: 0, leftMs: 3_600_000 }
    const { next } = decideDelivery(delivery, given, { settings: defaultSettings, random: 0.5 })
    expect(next.status).toBe(status)
  })

  it('V23 waits as long as it is asked to, within limits', () => {
    const delivery = { kind: 'job' as const, tries: [], failingForMs: 0, leftMs: 3_600_000 }
    const context = { settings: defaultSettings, random: 0.5 }
    const delayOf = (retryAfterMs: number) => decideDelivery(delivery, answered(429, retryAfterMs), context).next
    expect(delayOf(20_000)).toEqual({ status: 'pending', delayMs: 20_000 })
    expect(delayOf(9_000_000)).toEqual({ status: 'pending', delayMs: defaultSettings.jobRetryMostMs })
  })
})
