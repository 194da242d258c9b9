import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'
import { makeSecret } from './signatures.ts'
import { startReceiver, type ScriptedReceiver } from './testing/scriptedReceiver.ts'

const sharedSecret = makeSecret()
let server: OpenServer
let admin: Account
let processor: ScriptedReceiver
let processorId: string
let secret: string

beforeAll(async () => {
  server = await openServer({ environment: { ALLOW_PRIVATE_PROVIDERS: 'true', WEBHOOK_SECRET: sharedSecret } })
  admin = await server.signUp('admin@example.com')
  processor = await startReceiver()
  const stage = { pipeline: 'story', stage: 'rewrite', url: processor.url }
  ;({ id: processorId, secret } = await admin.client.processors.create.mutate(stage))
}, 60_000)
afterAll(async () => {
  await server?.close()
  await processor?.close()
})

type Outside = { taskId: string; projectId: string; outsideTaskId: string; callbackUrl: string }

/** A task whose first stage has been handed out, as its processor was told. */
async function handOut(): Promise<Outside> {
  const { projectId } = await admin.client.projects.create.mutate({ pipeline: 'story', input: { text: 'A topic' } })
  const { taskId } = await admin.client.tasks.create.mutate({ projectId, stages: ['rewrite'] })
  const { data } = await processor.next('task.job')
  expect(data['taskId']).toBe(taskId)
  return { taskId, projectId, outsideTaskId: String(data['outsideTaskId']), callbackUrl: String(data['callbackUrl']) }
}

type Sending = { url?: string; secret?: string; id?: string; secondsAgo?: number; headers?: Record<string, string> }
type Answer = { status: number; body: Record<string, unknown> }

async function send(message: unknown, sending: Sending = {}): Promise<Answer> {
  const body = typeof message === 'string' ? message : JSON.stringify(message)
  const id = sending.id ?? randomUUID()
  const at = new Date(Date.now() - (sending.secondsAgo ?? 0) * 1_000)
  const signed = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(sending.secret ?? secret).sign(id, at, body),
  }
  return post(body, { ...signed, ...sending.headers }, sending.url)
}

async function post(body: string | Buffer, headers: Record<string, string>, url?: string): Promise<Answer> {
  const answer = await fetch(url ?? `${server.url}/webhooks/tasks?processor=${processorId}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(Buffer.from(body)),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

const versionsOf = (projectId: string) => admin.client.stages.versions.query({ projectId, stage: 'rewrite' })

const textOf = async (projectId: string) => {
  const [newest] = await versionsOf(projectId)
  return newest === undefined ? null : (await admin.client.stages.version.query({ rewriteId: newest.rewriteId })).text
}

describe('POST /webhooks/tasks', () => {
  it('V11 sends jobs signed by the processor’s own secret and by the shared one, with where to answer', async () => {
    const { projectId } = await admin.client.projects.create.mutate({ pipeline: 'story', input: { text: 'A topic' } })
    await admin.client.tasks.create.mutate({ projectId, stages: ['rewrite'] })
    const { id, data, post: job } = await processor.next('task.job')
    const headers = job.headers as Record<string, string>
    for (const one of [secret, sharedSecret]) expect(() => new Webhook(one).verify(job.body, headers)).not.toThrow()
    expect(() => new Webhook(makeSecret()).verify(job.body, headers)).toThrow()
    expect(headers['webhook-id']).toBe(id)
    expect(data).toMatchObject({ pipeline: 'story', stage: 'rewrite', input: 'A topic' })
    expect(data['callbackUrl']).toBe(`${server.url}/webhooks/tasks?processor=${processorId}`)
  })

  it('V12 takes progress and a result, and tells of them', async () => {
    const { taskId, projectId, outsideTaskId, callbackUrl } = await handOut()
    const waiting = await admin.client.tasks.get.query({ taskId })
    expect(waiting).toMatchObject({ status: 'waiting', waitingFor: 'processor', currentStage: 'rewrite' })
    const progress = { type: 'progress', outsideTaskId, fraction: 0.4, message: 'cutting' }
    expect(await send(progress, { url: callbackUrl })).toEqual({ status: 200, body: { accepted: true } })
    const { stages } = await admin.client.tasks.get.query({ taskId })
    expect(stages[0]).toMatchObject({ progress: 40, progressMessage: 'cutting' })
    expect(await send({ type: 'result', outsideTaskId, text: 'From outside 🌊.' })).toMatchObject({ status: 200 })
    expect(await admin.client.tasks.get.query({ taskId })).toMatchObject({ status: 'completed', waitingFor: null })
    expect(await textOf(projectId)).toBe('From outside 🌊.')
  })

  it('V13 has one effect for the same message fifty times at once, and for a replay', async () => {
    const { projectId, outsideTaskId } = await handOut()
    const result = { type: 'result', outsideTaskId, text: 'Once.' }
    const answers = await Promise.all(Array.from({ length: 50 }, () => send(result, { id: 'one' })))
    expect(answers).toEqual(Array.from({ length: 50 }, () => ({ status: 200, body: { accepted: true } })))
    expect(await send(result, { id: 'one' })).toMatchObject({ body: { accepted: true } })
    expect(await send({ ...result, text: 'Twice.' })).toEqual({
      status: 200,
      body: { accepted: false, reason: 'ended' },
    })
    expect(await textOf(projectId)).toBe('Once.')
    expect(await versionsOf(projectId)).toHaveLength(1)
  })

  it('V14 refuses a message with any one bit flipped, in body, id, time or signature', async () => {
    const { projectId, outsideTaskId, taskId } = await handOut()
    const body = JSON.stringify({ type: 'result', outsideTaskId, text: 'Tru\uFFFDe 🌊' })
    const id = randomUUID()
    const at = new Date()
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
      'webhook-signature': new Webhook(secret).sign(id, at, body),
    }
    const bytes = Buffer.from(body)
    const flips = Array.from({ length: bytes.length * 8 }, (_, bit) => {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      return flipped
    })
    for (let from = 0; from < flips.length; from += 64) {
      const answers = await Promise.all(flips.slice(from, from + 64).map((flipped) => post(flipped, headers)))
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401))
    }
    for (const [name, value] of Object.entries(headers)) {
      const last = value.length - 2
      const other = `${value.slice(0, last)}${String.fromCharCode(value.charCodeAt(last) ^ 1)}${value.slice(last + 1)}`
      expect(await post(body, { ...headers, [name]: other })).toMatchObject({ status: 401 })
    }
    // What a lenient reader would make U+FFFD of is not what was signed.
    const broken = Buffer.concat(
      bytes
        .toString('latin1')
        .split('\xef\xbf\xbd')
        .flatMap((part, index) => [...(index ? [Buffer.from([0xff])] : []), Buffer.from(part, 'latin1')]),
    )
    expect(broken.toString()).toBe(body)
    expect(await post(broken, headers)).toMatchObject({ status: 401 })
    expect(await admin.client.tasks.get.query({ taskId })).toMatchObject({ status: 'waiting' })
    expect(await versionsOf(projectId)).toEqual([])
    expect(await post(body, headers)).toMatchObject({ status: 200 })
  }, 60_000)

  it('V15 takes a timestamp within five minutes, and nothing that is not one', async () => {
    const { outsideTaskId } = await handOut()
    const progress = { type: 'progress', outsideTaskId, fraction: 0.1 }
    for (const secondsAgo of [0, 290, -290])
      expect(await send(progress, { secondsAgo }), `${secondsAgo}`).toMatchObject({ status: 200 })
    for (const secondsAgo of [302, -302, 86_400])
      expect(await send(progress, { secondsAgo }), `${secondsAgo}`).toMatchObject({ status: 401 })
    const now = Math.floor(Date.now() / 1_000)
    for (const timestamp of [`${now}x`, `${now}.5`, '', 'now', '1e9', `+${now}`, ` ${now}\t5`, '9'.repeat(20)])
      expect(await send(progress, { headers: { 'webhook-timestamp': timestamp } })).toMatchObject({ status: 401 })
  })

  it('V16 answers what is late, early, unknown, foreign or no message without a fault of ours', async () => {
    const { taskId, outsideTaskId } = await handOut()
    const unknown = { type: 'result', outsideTaskId: randomUUID(), text: 'x' }
    expect(await send(unknown)).toMatchObject({ status: 404, body: { appCode: 'notFound' } })
    const other = await admin.client.processors.create.mutate({ pipeline: 'code', stage: 'plan', url: processor.url })
    const foreign = { url: `${server.url}/webhooks/tasks?processor=${other.id}`, secret: other.secret }
    expect(await send({ ...unknown, outsideTaskId }, foreign)).toMatchObject({ status: 404 })
    const rubbish = [
      '',
      'x',
      '[]',
      'null',
      '{}',
      '{"type":"dance"}',
      `{"type":"result","outsideTaskId":"${outsideTaskId}"}`,
    ]
    for (const body of rubbish) expect(await send(body), body).toMatchObject({ status: 400 })
    const wrong = { type: 'progress', outsideTaskId, fraction: 7 }
    expect(await send(wrong)).toMatchObject({ status: 400, body: { appCode: 'input.invalid' } })
    expect(await post('{}', {})).toMatchObject({ status: 401 })
    for (const named of ['nobody', randomUUID(), '', 'a&processor=b'])
      expect(await send(unknown, { url: `${server.url}/webhooks/tasks?processor=${named}` })).toMatchObject({
        status: 401,
      })
    await admin.client.tasks.cancel.mutate({ taskId })
    expect(await send({ ...unknown, outsideTaskId })).toEqual({
      status: 200,
      body: { accepted: false, reason: 'ended' },
    })
    expect(await send('x'.repeat(5_000_000))).toMatchObject({ status: 413 })
    expect(server.logged().filter((line) => line.includes('"level":50'))).toEqual([])
  })

  it('V17 lets who knows the shared secret answer for any processor, and without one nobody', async () => {
    const { taskId, outsideTaskId } = await handOut()
    const url = `${server.url}/webhooks/tasks`
    const result = { type: 'result', outsideTaskId, text: 'By the operator.' }
    expect(await send(result, { url })).toMatchObject({ status: 401 })
    expect(await send(result, { url, secret: makeSecret() })).toMatchObject({ status: 401 })
    expect(await send(result, { url, secret: sharedSecret })).toMatchObject({ status: 200, body: { accepted: true } })
    expect(await admin.client.tasks.get.query({ taskId })).toMatchObject({ status: 'completed' })
  })

  it('V18 shows no secret again, in no answer and no log', async () => {
    const list = await admin.client.processors.list.query()
    expect(JSON.stringify(list)).not.toContain(secret)
    expect(list.map(({ id }) => id)).toContain(processorId)
    expect(await admin.client.processors.test.mutate({ id: processorId })).toEqual({
      ok: true,
      status: 200,
      problem: null,
    })
    await processor.next('processor.test')
    for (const planted of [secret, sharedSecret]) expect(server.logged().join('\n')).not.toContain(planted)
  })
})
