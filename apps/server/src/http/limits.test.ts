import { once } from 'node:events'
import { connect } from 'node:net'
import { createClient } from '@stagewright/client'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'

let server: OpenServer
let account: Account

beforeAll(async () => {
  server = await openServer({
    environment: { VIEWERS_LIMIT: '2', QUEUE_LIMIT: '1', TASKS_AT_ONCE: '1', CALLS_PER_HOUR: '2' },
    requestTimes: { headWithinMs: 300, requestWithinMs: 600, checkEveryMs: 50 },
  })
  account = await server.signUp('anna@example.com')
}, 60_000)

afterAll(() => server?.close())

type Told = {
  status: number
  headers: Headers
  error: { message: string; code: number; data: Record<string, unknown> }
}

async function post(procedure: string, body: string, { url, apiKey } = { ...server, ...account }): Promise<Told> {
  const answer = await fetch(`${url}/trpc/${procedure}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body,
  })
  return { status: answer.status, headers: answer.headers, ...((await answer.json()) as Pick<Told, 'error'>) }
}

/** Everything a server says on a connection to somebody who sends this and then nothing. */
async function sayAndWait(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  let said = ''
  socket.setEncoding('utf8').on('data', (text: string) => (said += text))
  socket.write(bytes)
  await once(socket, 'close')
  return said
}

const headOfPost = (bodyBytes: number): string =>
  `POST /trpc/projects.create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${bodyBytes}\r\n\r\n`

describe('what one request may cost', () => {
  it('L3 a body that is too large is refused with a code, in the shape clients read', async () => {
    const text = 'x'.repeat(5_000_000)
    const told = await post('projects.create', JSON.stringify({ pipeline: 'story', input: { text } }))
    expect(told.status).toBe(413)
    expect(told.error).toMatchObject({ code: -32_013, data: { appCode: 'request.tooLarge', httpStatus: 413 } })
  })

  it('L3 who is still sending it, as a proxy does, is let finish and not reset', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
    const failures: Error[] = []
    socket.on('error', (error) => failures.push(error))
    let said = ''
    socket.setEncoding('utf8').on('data', (text: string) => (said += text))
    const piece = 'x'.repeat(500_000)
    socket.write(`${headOfPost(10 * piece.length)}${piece}`)
    for (let sent = 1; sent < 10; sent++) await new Promise((resolve) => socket.write(piece, resolve))
    await expect.poll(() => said).toMatch(/^HTTP\/1.1 413 .*"appCode":"request.tooLarge"/s)
    expect(failures).toEqual([])
    socket.destroy()
  })

  it('L3 one that is far too large is not waited for', async () => {
    const said = await sayAndWait(`${headOfPost(50_000_000)}x`)
    expect(said).toMatch(/^HTTP\/1.1 413 .*"appCode":"request.tooLarge"/s)
  })

  it('L3 so is one under /auth, which may be 64 KB', async () => {
    const answer = await fetch(`${server.url}/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'x'.repeat(70_000), password: 'x' }),
    })
    expect(answer.status).toBe(413)
    expect(await answer.json()).toMatchObject({ appCode: 'request.tooLarge' })
  })

  it('L3 an address and headers that are too long are refused', async () => {
    const long = await fetch(`${server.url}/trpc/${'a'.repeat(11_000)}`)
    expect([long.status, ((await long.json()) as Pick<Told, 'error'>).error.data['appCode']]).toEqual([
      414,
      'request.tooLarge',
    ])
    const said = await sayAndWait(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(said).toMatch(/^HTTP\/1.1 431 /)
    expect(said).toContain('"appCode":"request.tooLarge"')
  })

  it('L3 a batch of too many calls is refused', async () => {
    const names = Array.from({ length: 60 }, () => 'server.about').join(',')
    expect((await fetch(`${server.url}/trpc/${names}?batch=1`)).status).toBe(400)
  })

  it.each([
    ['a head', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    [
      'a body',
      'POST /trpc/projects.create HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    ],
  ])('L4 %s that does not come is waited for no longer than it may take', async (_name, bytes) => {
    const said = await sayAndWait(bytes)
    expect(said).toMatch(/^HTTP\/1.1 408 /)
    expect(said).toContain('"appCode":"request.tooSlow"')
  })

  it('L4 bytes that are no request are told so', async () => {
    expect(await sayAndWait('good day\r\n\r\n')).toMatch(/^HTTP\/1.1 400 .*"appCode":"input.invalid"/s)
  })
})

describe('limits that are spent', () => {
  it('L5 a full queue and spent calls are answered with the time to come back, in the body and in Retry-After', async () => {
    const create = async () => {
      const { projectId } = await account.client.projects.create.mutate({
        pipeline: 'story',
        input: { text: 'A topic' },
      })
      return { projectId, stages: ['rewrite'] }
    }
    const [running, queued, refused] = [await create(), await create(), await create()]
    const first = await account.client.tasks.create.mutate(running)
    for await (const view of account.client.follow(first.taskId)) if ((view.current?.text.length ?? 0) > 0) break
    const second = await account.client.tasks.create.mutate(queued)
    const full = await post('tasks.create', JSON.stringify(refused))
    expect([full.status, full.error.data['appCode']]).toEqual([429, 'queue.full'])
    expect(full.error.data['params']).toEqual({ limit: 1, retryAfterMs: 15_000 })
    expect(full.headers.get('retry-after')).toBe('15')

    // The queued one first: it must not take the place, and make a call.
    for (const { taskId } of [second, first]) {
      await account.client.tasks.cancel.mutate({ taskId })
      await account.client.finished(taskId)
    }
    const third = await account.client.tasks.create.mutate(refused)
    for await (const view of account.client.follow(third.taskId)) if ((view.current?.text.length ?? 0) > 0) break
    await account.client.tasks.cancel.mutate({ taskId: third.taskId })
    const spent = await post('tasks.create', JSON.stringify(refused))
    expect([spent.status, spent.error.data['appCode']]).toEqual([429, 'limit.callsPerHour'])
    const { retryAfterMs } = spent.error.data['params'] as { retryAfterMs: number }
    expect(retryAfterMs).toBeGreaterThan(3_500_000)
    expect(Number(spent.headers.get('retry-after'))).toBe(Math.ceil(retryAfterMs / 1_000))
  })
})

describe('a queue that is full for everybody', () => {
  it('L5 is told to who has nothing in it, with the time to come back', { timeout: 60_000 }, async () => {
    const crowded = await openServer({ environment: { QUEUE_LIMIT_TOTAL: '1', TASKS_AT_ONCE: '1' } })
    onTestFinished(() => crowded.close())
    const [anna, ben] = [await crowded.signUp('anna@example.com'), await crowded.signUp('ben@example.com')]
    const projectOf = async ({ client }: Account) => {
      const input = { text: 'A topic' }
      return { ...(await client.projects.create.mutate({ pipeline: 'story', input })), stages: ['rewrite'] }
    }
    const first = await anna.client.tasks.create.mutate(await projectOf(anna))
    for await (const view of anna.client.follow(first.taskId)) if ((view.current?.text.length ?? 0) > 0) break
    await anna.client.tasks.create.mutate(await projectOf(anna))
    const refused = JSON.stringify(await projectOf(ben))
    const full = await post('tasks.create', refused, { ...crowded, ...ben })
    expect([full.status, full.error.data['appCode']]).toEqual([429, 'queue.full'])
    expect(full.error.message).toContain('this server')
    expect(full.headers.get('retry-after')).toBe('15')
  })
})

describe('live connections of one user', () => {
  it.each(['sse', 'webSocket'] as const)(
    'L1 over %s: one too many waits as long as it is told, and comes in when another has left',
    async (transport) => {
      const client = createClient({ url: server.url, apiKey: account.apiKey, transport })
      const arrive = () => {
        const leaving = new AbortController()
        const arrived = Promise.withResolvers<number>()
        const states: string[] = []
        const following = (async () => {
          const options = { signal: leaving.signal, onConnection: (state: string) => void states.push(state) }
          const views = client.followProject(undefined, options)
          while ((await views.next()).done !== true) arrived.resolve(performance.now())
        })()
        return { arrived: arrived.promise, states, leave: () => (leaving.abort(), following) }
      }
      const present = [arrive(), arrive()]
      await Promise.all(present.map(({ arrived }) => arrived))
      const startedAt = performance.now()
      const late = arrive()
      const other = await Promise.race([late.arrived, untilAway(late.states)])
      expect(other).toBe('away')
      await present[0]!.leave()
      expect((await late.arrived) - startedAt).toBeGreaterThanOrEqual(5_000)
      await Promise.all([late.leave(), present[1]!.leave()])
      client.close()
    },
    20_000,
  )

  async function untilAway(states: readonly string[]): Promise<'away'> {
    while (!states.includes('away')) await new Promise((resolve) => setTimeout(resolve, 10))
    return 'away'
  }
})
