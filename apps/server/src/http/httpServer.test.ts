import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'

let server: OpenServer
let account: Account

beforeAll(async () => {
  server = await openServer({ environment: { ALLOWED_ORIGINS: 'https://studio.example.com' } })
  account = await server.signUp('anna@example.com')
}, 60_000)

afterAll(() => server?.close())

const create = (headers: Record<string, string>, body: string) =>
  fetch(`${server.url}/trpc/projects.create`, { method: 'POST', headers: { cookie: account.cookie, ...headers }, body })

const story = JSON.stringify({ pipeline: 'story', input: { text: 'x' } })

describe('the server', () => {
  it('H1 says that it lives and that it is ready', async () => {
    expect(await (await fetch(`${server.url}/health/live`)).json()).toEqual({ status: 'live' })
    expect(await (await fetch(`${server.url}/health/ready`)).json()).toEqual({ status: 'ready' })
  })

  it('H8 answers every address of the studio with its page, and unknown files with 404', async () => {
    for (const address of ['/', '/sign-in', '/p/00000000-0000-7000-8000-000000000000/rewrite']) {
      const answer = await fetch(server.url + address)
      expect([address, answer.status]).toEqual([address, 200])
      expect(await answer.text()).toContain('id="app"')
      expect(answer.headers.get('cache-control')).toBe('no-cache')
    }
    expect((await fetch(`${server.url}/assets/none.js`)).status).toBe(404)
  })

  it('H2 takes no write that a foreign page sends with a cookie, and takes those of allowed ones', async () => {
    const json = { 'content-type': 'application/json' }
    const refused = await create({ ...json, origin: 'https://evil.example' }, story)
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { error: { data: { appCode: 'auth.foreignAddress', params: { origin: 'https://evil.example' } } } },
    ])
    expect((await create({ ...json, origin: 'https://studio.example.com' }, story)).status).toBe(200)
    expect((await create({ ...json, origin: server.url }, story)).status).toBe(200)
  })

  it('H3 takes no form post', async () => {
    const answer = await create(
      { 'content-type': 'application/x-www-form-urlencoded' },
      `input=${encodeURIComponent(story)}`,
    )
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })

  it('H4 refuses a body over 4 MB', async () => {
    const answer = await create(
      { 'content-type': 'application/json' },
      JSON.stringify({ pipeline: 'story', input: { text: 'x'.repeat(5_000_000) } }),
    )
    expect(answer.status).toBe(413)
  })

  it.each([
    ['https://evil.example', 403],
    ['https://studio.example.com', 101],
  ])('H5 answers a WebSocket from %s with %i', async (origin, status) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/trpc`, {
      origin,
      headers: { cookie: account.cookie },
    })
    const answered = await new Promise<number>((resolve) => {
      socket.on('open', () => resolve(101))
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
      socket.on('error', () => {})
    })
    socket.terminate()
    expect(answered).toBe(status)
  })

  it('H6 sends every answer with the headers that keep browsers careful', async () => {
    const { headers } = await fetch(`${server.url}/health/live`)
    expect(headers.get('content-security-policy')).toContain("script-src 'self'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('H7 writes no secret into its log', async () => {
    const secrets = [account.apiKey, account.cookie, 'correct horse']
    for (const line of server.logged()) for (const secret of secrets) expect(line).not.toContain(secret)
  })
})

describe('a server that stops', { timeout: 60_000 }, () => {
  it('H9 answers, and ends the connection after the answer: who asks again is led to one that stays', async () => {
    const stopping = await openServer()
    const { apiKey } = await stopping.signUp('ben@example.com')
    const headers = { authorization: `Bearer ${apiKey}` }
    // They leave one by one, each at a moment of its own: so many are not gone at once.
    const viewers = Array.from({ length: 10 }, () => fetch(`${stopping.url}/trpc/live.follow?input={}`, { headers }))
    expect((await Promise.all(viewers)).map(({ status }) => status)).toEqual(Array(10).fill(200))
    expect((await fetch(`${stopping.url}/health/live`)).headers.get('connection')).toBe('keep-alive')
    const stopped = stopping.close()
    await vi.waitFor(async () => {
      const answer = await fetch(`${stopping.url}/health/live`)
      expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close'])
    })
    await stopped
  }, 30_000)
})
