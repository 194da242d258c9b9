import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'
import { startReceiver, type ScriptedReceiver } from './testing/scriptedReceiver.ts'

let server: OpenServer
let anna: Account
let receiver: ScriptedReceiver

beforeAll(async () => {
  server = await openServer({ environment: { ALLOW_PRIVATE_PROVIDERS: 'true' } })
  anna = await server.signUp('anna@example.com')
  receiver = await startReceiver((reply) => reply.writeHead(200).end('thank you'))
}, 60_000)
afterAll(async () => {
  await server?.close()
  await receiver?.close()
})

it('V20 V21 tells a service that its task has ended, signed, and keeps the log of it', async () => {
  const other = await server.signUp('other@example.com')
  const { id, secret } = await anna.client.webhooks.create.mutate({ url: receiver.url, events: ['task.cancelled'] })
  await other.client.webhooks.create.mutate({ url: receiver.url, events: ['task.cancelled'] })
  const { projectId } = await anna.client.projects.create.mutate({ pipeline: 'story', input: { text: 'A topic' } })
  const { taskId } = await anna.client.tasks.create.mutate({ projectId, stages: ['rewrite'] })
  await anna.client.tasks.cancel.mutate({ taskId })
  const told = await receiver.next('task.cancelled')
  expect(told.data).toMatchObject({ taskId, projectId, status: 'cancelled' })
  const headers = told.post.headers as Record<string, string>
  expect(() => new Webhook(secret).verify(told.post.body, headers)).not.toThrow()

  const log = async () => (await anna.client.webhooks.deliveries.query({ id })).deliveries
  while ((await log())[0]?.status !== 'delivered') await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await log()).toMatchObject([
    {
      id: told.id,
      event: 'task.cancelled',
      data: { taskId },
      tries: [{ status: 200, body: 'thank you' }],
      nextTryAt: null,
    },
  ])
  expect(JSON.stringify([await anna.client.webhooks.list.query(), await log(), server.logged()])).not.toContain(secret)
  // The other's workspace has no such task.
  expect(receiver.received).toHaveLength(1)
  await anna.client.webhooks.remove.mutate({ id })
  expect(await anna.client.webhooks.list.query()).toEqual([])
}, 30_000)
