import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'

let server: OpenServer
let first: Account

beforeAll(async () => {
  server = await openServer()
  first = await server.signUp('first@example.com')
}, 60_000)

afterAll(() => server?.close())

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.url, ...headers },
    body: JSON.stringify(body),
  })

const signIn = (password: string, headers?: Record<string, string>) =>
  post('/auth/sign-in/email', { email: 'first@example.com', password }, headers)

async function sessionOf(cookie: string): Promise<{ user: { role: string } } | null> {
  const answer = await fetch(`${server.url}/auth/get-session`, { headers: { cookie } })
  return (await answer.json()) as { user: { role: string } } | null
}

/** Follows the workspace until the stream says why it ends; answers with the code and the time it took. */
async function readUntilRefused(
  headers: Record<string, string>,
  onOpen: () => Promise<void>,
): Promise<{ code: string | undefined; tookMs: number }> {
  const answer = await fetch(`${server.url}/trpc/live.follow?input=%7B%7D`, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: AbortSignal.timeout(20_000),
  })
  const decoder = new TextDecoder()
  let text = ''
  let openedAt: number | null = null
  for await (const piece of answer.body!) {
    text += decoder.decode(piece, { stream: true })
    if (openedAt === null) {
      openedAt = performance.now()
      await onOpen()
    }
    if (text.includes('serialized-error') && text.includes('appCode')) break
  }
  return { code: /"appCode":"([^"]+)"/.exec(text)?.[1], tookMs: performance.now() - (openedAt ?? 0) }
}

describe('accounts', () => {
  it('U1 make the first one administrator, and only that one', async () => {
    const second = await server.signUp('second@example.com')
    expect((await sessionOf(first.cookie))?.user.role).toBe('admin')
    expect((await sessionOf(second.cookie))?.user.role).toBe('user')
  })

  it("U2 refuse a second sign-up with the same address, a short password, and a role of one's own", async () => {
    expect(
      (await post('/auth/sign-up/email', { email: 'first@example.com', password: 'correct horse', name: 'x' })).status,
    ).toBe(422)
    expect(
      (await post('/auth/sign-up/email', { email: 'third@example.com', password: 'short', name: 'x' })).status,
    ).toBe(400)
    const asAdmin = await post('/auth/sign-up/email', {
      email: 'third@example.com',
      password: 'correct horse',
      name: 'x',
      role: 'admin',
    })
    if (asAdmin.ok) expect(((await asAdmin.json()) as { user: { role: string } }).user.role).toBe('user')
    else expect(asAdmin.status).toBe(400)
  })

  it('U3 end their streams soon after sign-out, and refuse the cookie', async () => {
    const answer = await signIn('correct horse')
    expect(answer.status).toBe(200)
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    const refused = await readUntilRefused({ cookie }, async () => void (await post('/auth/sign-out', {}, { cookie })))
    expect(refused.code).toBe('auth.required')
    expect(refused.tookMs).toBeLessThan(10_000)
    expect(await sessionOf(cookie)).toBeNull()
  }, 30_000)

  it('U4 end the streams of a revoked key, which then opens nothing', async () => {
    const { id, key } = await first.client.apiKeys.create.mutate({ name: 'to be revoked' })
    const headers = { authorization: `Bearer ${key}` }
    const refused = await readUntilRefused(headers, () => first.client.apiKeys.revoke.mutate({ id }))
    expect(refused.code).toBe('auth.required')
    expect(refused.tookMs).toBeLessThan(10_000)
    const answer = await fetch(`${server.url}/trpc/projects.list?input=%7B%7D`, { headers })
    expect(answer.status).toBe(401)
  }, 30_000)

  it('U5 answer a wrong password and an unknown key with the same refusal as any other', async () => {
    expect((await signIn('wrong password')).status).toBe(401)
    const answer = await fetch(`${server.url}/trpc/projects.list?input=%7B%7D`, {
      headers: { authorization: 'Bearer sw_nonsense' },
    })
    expect(answer.status).toBe(401)
  })

  it('U6 are not guessed at: sign-in is throttled, whatever address the client claims', async () => {
    const statuses: number[] = []
    for (let guess = 0; guess < 15; guess++)
      statuses.push(
        (
          await signIn(`guess ${guess}`, {
            'x-forwarded-for': `10.0.0.${guess}`,
            'x-stagewright-client': `10.0.1.${guess}`,
          })
        ).status,
      )
    expect(statuses).toContain(429)
    expect(statuses.slice(statuses.indexOf(429)).every((status) => status === 429)).toBe(true)
  }, 30_000)
})
