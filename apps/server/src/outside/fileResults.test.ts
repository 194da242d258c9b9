import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'
import { startReceiver, type ScriptedReceiver } from './testing/scriptedReceiver.ts'

/** A processor that delivers the translated document itself. */
let server: OpenServer
let admin: Account
let processor: ScriptedReceiver
let secret: string

beforeAll(async () => {
  server = await openServer({ environment: { ALLOW_PRIVATE_PROVIDERS: 'true' } })
  admin = await server.signUp('admin@example.com')
  processor = await startReceiver()
  const stage = { pipeline: 'document', stage: 'deliver', url: processor.url }
  ;({ secret } = await admin.client.processors.create.mutate(stage))
}, 60_000)
afterAll(async () => {
  await server?.close()
  await processor?.close()
})

type Told = { id: string; appCode: string }

const put = async (address: string, body: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(address, { method: 'PUT', body, headers })
  return { status: answer.status, told: (await answer.json()) as Told }
}

async function handOut() {
  const authorization = `Bearer ${admin.apiKey}`
  const { told } = await put(`${server.url}/files?name=a.txt`, 'The sea.', { authorization })
  const input = { fileId: told.id, to: 'zh-CN' }
  const { projectId } = await admin.client.projects.create.mutate({ pipeline: 'document', input })
  const { taskId } = await admin.client.tasks.create.mutate({ projectId, stages: 'rest' })
  const { data } = await processor.next('task.job')
  const addresses = { callbackUrl: String(data['callbackUrl']), uploadUrl: String(data['uploadUrl']) }
  return { taskId, outsideTaskId: String(data['outsideTaskId']), ...addresses }
}

async function send(url: string, message: object) {
  const body = JSON.stringify(message)
  const [id, at] = [randomUUID(), new Date()]
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign(id, at, body),
  }
  const answer = await fetch(url, { method: 'POST', headers, body })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

it('V30 a result may be a file: uploaded to the address in the job, and delivered as the version’s own', async () => {
  const { taskId, outsideTaskId, callbackUrl, uploadUrl } = await handOut()
  const { status, told } = await put(`${uploadUrl}&name=${encodeURIComponent('海.txt')}`, '大海。')
  expect(status).toBe(201)
  expect(await send(callbackUrl, { type: 'result', outsideTaskId, fileId: told.id })).toMatchObject({ status: 200 })
  const task = await admin.client.finished(taskId)
  expect(task).toMatchObject({ status: 'completed', files: [{ id: told.id, name: '海.txt' }] })
  const file = await fetch(`${server.url}/files/${told.id}`, { headers: { authorization: `Bearer ${admin.apiKey}` } })
  expect(await file.text()).toBe('大海。')
  const { text } = await admin.client.stages.version.query({ rewriteId: task.stages.at(-1)!.rewriteId! })
  expect(JSON.parse(text)).toEqual({ file: { id: told.id, name: '海.txt', bytes: 9 } })
})

it('V30 a file that is not there, somebody else’s or another project’s is refused, and the task waits on', async () => {
  const { taskId, outsideTaskId, callbackUrl } = await handOut()
  const ben = await server.signUp(`ben-${randomUUID()}@example.com`)
  const theirs = await put(`${server.url}/files?name=b.txt`, 'b', { authorization: `Bearer ${ben.apiKey}` })
  const { projectId } = await admin.client.tasks.get.query({ taskId })
  const { input } = await admin.client.projects.get.query({ projectId })
  for (const fileId of [randomUUID(), theirs.told.id, input['fileId']])
    expect(await send(callbackUrl, { type: 'result', outsideTaskId, fileId })).toMatchObject({ status: 404 })
  expect(await send(callbackUrl, { type: 'result', outsideTaskId })).toMatchObject({ status: 400 })
  expect(await admin.client.tasks.get.query({ taskId })).toMatchObject({ status: 'waiting' })
})

it('V30 the address to upload to is good for its own outside task, while that is open', async () => {
  const [one, other] = [await handOut(), await handOut()]
  const token = new URL(other.uploadUrl).searchParams.get('token')!
  const mixed = new URL(one.uploadUrl)
  mixed.searchParams.set('token', token)
  for (const address of [mixed.href, `${one.uploadUrl}x`, `${server.url}/files?outsideTask=x&token=x`])
    expect(await put(`${address}&name=a.txt`, 'x')).toMatchObject({ status: 401, told: { appCode: 'auth.required' } })
  await admin.client.tasks.cancel.mutate({ taskId: one.taskId })
  expect(await put(`${one.uploadUrl}&name=a.txt`, 'x')).toMatchObject({ status: 401 })
})
