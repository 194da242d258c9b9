import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'

let server: OpenServer
let account: Account
let projectId: string

beforeAll(async () => {
  server = await openServer()
  account = await server.signUp('anna@example.com')
  const created = await account.client.projects.create.mutate({ pipeline: 'report', input: { brief: '夜班公交' } })
  projectId = created.projectId
}, 60_000)
afterAll(() => server?.close())

async function write(stage: string, text: string, of = projectId): Promise<string> {
  const { state } = await account.client.projects.get.query({ projectId: of })
  const baseRewriteId = state.stages.find(({ key }) => key === stage)?.current?.id ?? null
  return (await account.client.stages.edit.mutate({ projectId: of, stage, text, baseRewriteId })).rewriteId
}

const look = (rewriteId: string, { cookie = account.cookie } = {}) =>
  fetch(`${server.url}/previews/${rewriteId}`, { headers: { cookie } })

const long = `# 报告\n\n## <b>一</b>\n\n${'正文 <script>alert(1)</script>。'.repeat(100)}\n`

it('H10 a text of 1,800 characters has a page, of no origin, that runs and fetches nothing', async () => {
  const answer = await look(await write('report', long))
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(answer.headers.get('content-security-policy')).toBe("sandbox; default-src 'none'; style-src 'unsafe-inline'")
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const page = await answer.text()
  expect(page).toContain('<h2>&lt;b&gt;一&lt;/b&gt;</h2>')
  expect(page).not.toContain('<script')
})

it('H10 is opened by an API key too, and by nobody else', async () => {
  const rewriteId = await write('report', `${long}\n`)
  const byKey = await fetch(`${server.url}/previews/${rewriteId}`, {
    headers: { authorization: `Bearer ${account.apiKey}` },
  })
  expect(byKey.status).toBe(200)
  const other = await server.signUp('ben@example.com')
  expect((await look(rewriteId, other)).status).toBe(404)
  const stranger = await look(rewriteId, { cookie: '' })
  expect([stranger.status, await stranger.json()]).toMatchObject([401, { appCode: 'auth.required' }])
})

it.each([
  ['a shorter text', () => write('report', long.slice(0, 1_799))],
  ['a stage without pages', () => write('outline', long)],
  ['an unknown version', async () => '00000000-0000-7000-8000-000000000000'],
  ['what is no id', async () => '..%2f..%2fetc'],
])('H10 there is none of %s', async (_, makeId) => {
  const answer = await look(await makeId())
  expect([answer.status, await answer.json()]).toMatchObject([404, { appCode: 'notFound' }])
})

describe('an app', () => {
  const page = '<h1>A</h1><script src="app.js"></script>'
  const files = (index: string) =>
    `=== file: index.html ===\n${index}\n=== end ===\n=== file: app.js ===\nalert(1)\n=== end ===\n`
  let appId: string
  beforeAll(async () => {
    const input = { requirement: 'x' }
    appId = (await account.client.projects.create.mutate({ pipeline: 'code', input })).projectId
  })

  it('H10 runs its own scripts, and may reach nothing', async () => {
    const answer = await look(await write('generate', files(page), appId))
    expect(await answer.text()).toBe('<h1>A</h1><script>\nalert(1)\n</script>\n')
    const policy = answer.headers.get('content-security-policy')!.split('; ')
    expect(policy).toEqual([
      'sandbox allow-scripts allow-forms',
      "default-src 'none'",
      "script-src 'unsafe-inline'",
      "style-src 'unsafe-inline'",
      'img-src data:',
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'self'",
    ])
  })

  it('H10 has no page without an index.html', async () => {
    const rewriteId = await write('generate', files(page).replaceAll('index.html', 'main.html'), appId)
    expect((await look(rewriteId)).status).toBe(404)
  })
})
