import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createLineDocuments } from '@stagewright/core/testing'
import { openDatabase } from '@stagewright/db'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'

const mb = 1_024 * 1_024
const fileLimit = 20 * mb

let dataDir: string
let server: OpenServer
let account: Account
let other: Account

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'stagewright-uploads-'))
  const requestTimes = { uploadIdleMs: 400, requestWithinMs: 300, uploadWithinMs: 5_000, checkEveryMs: 50 }
  server = await openServer({ dataDir, documents: createLineDocuments(), requestTimes })
  account = await server.signUp('anna@example.com')
  other = await server.signUp('ben@example.com')
}, 60_000)
afterAll(async () => {
  await server?.close().catch(() => undefined)
  await rm(dataDir, { recursive: true, force: true })
})

type Told = { id: string; name: string; mediaType: string; format: string; bytes: number; appCode?: string }
type Sending = { query?: string; headers?: Record<string, string>; as?: Partial<Account> }

async function put(body: BodyInit | null, { query = '?name=a.txt', headers = {}, as = account }: Sending = {}) {
  const key = as.apiKey === undefined ? {} : { authorization: `Bearer ${as.apiKey}` }
  const cookie = as.cookie === undefined || as.apiKey !== undefined ? {} : { cookie: as.cookie }
  const init: RequestInit = { method: 'PUT', body, headers: { ...key, ...cookie, ...headers } }
  const answer = await fetch(`${server.url}/files${query}`, {
    ...init,
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  })
  return { status: answer.status, headers: answer.headers, told: (await answer.json()) as Told & { params: object } }
}

const get = (id: string, { method = 'GET', as = account }: { method?: string; as?: Partial<Account> } = {}) =>
  fetch(`${server.url}/files/${id}`, {
    method,
    headers: as.apiKey === undefined ? {} : { authorization: `Bearer ${as.apiKey}` },
  })

const contents = () => readdir(path.join(dataDir, 'files'))
/** Contents there are, but for those of files that were told. */
const strayContents = async () => (await contents()).filter((id) => !known.has(id))
const known = new Set<string>()

async function upload(body: BodyInit | null, sending?: Sending): Promise<Told> {
  const { status, told } = await put(body, sending)
  expect({ status, told }).toMatchObject({ status: 201 })
  known.add(told.id)
  return told
}

/** A connection that has sent a head and so much of a body, and what is said on it. */
function begin(head: string, body = ''): { socket: Socket; said(): string } {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  let said = ''
  socket.setEncoding('utf8').on('data', (text: string) => (said += text))
  socket.write(
    `PUT /files?name=a.txt HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${account.apiKey}\r\n${head}\r\n\r\n${body}`,
  )
  return { socket, said: () => said }
}

describe('an upload', () => {
  it('K10 is taken by key and by cookie, under its name in any language, and told as it is', async () => {
    const name = '年度 报告 & “1”.txt'
    const told = await upload('正文', { query: `?name=${encodeURIComponent(name)}` })
    expect(told).toEqual({ id: told.id, name, mediaType: 'text/plain; charset=utf-8', format: 'txt', bytes: 6 })
    const byCookie = await put('b', { as: { cookie: account.cookie } })
    expect([byCookie.status, byCookie.headers.get('location')]).toEqual([201, `/files/${byCookie.told.id}`])
    known.add(byCookie.told.id)
    const disposition = `attachment; filename="x.txt"; filename*=UTF-8''${encodeURIComponent('报告.md')}`
    const byHeader = await upload('c', { query: '', headers: { 'content-disposition': disposition } })
    expect(byHeader.name).toBe('报告.md')
  })

  it.each([{}, { 'content-type': 'application/json' }, { 'content-type': 'multipart/form-data; boundary=x' }])(
    'K10 is its body as it is, whatever it is called: %j',
    async (headers: Record<string, string>) => {
      const told = await upload(Buffer.from('{"not": parsed'), { headers })
      expect(await (await get(told.id)).text()).toBe('{"not": parsed')
    },
  )

  it('K10 may be empty, and may come in chunks', async () => {
    expect((await upload(null)).bytes).toBe(0)
    expect(await upload(new Blob(['PK', '\n二']).stream())).toMatchObject({ format: 'docx', bytes: 6 })
  })

  it.each([
    ['../../../etc/passwd', 'passwd'],
    ['..\\..\\x.txt', 'x.txt'],
    ['a\0b\r\nSet-Cookie: x.txt', 'a b Set-Cookie x.txt'],
    [`${'很'.repeat(1_000)}.md`, `${'很'.repeat(80)}.md`],
    ['\u202Etxt.exe', 'txt.exe'],
  ])('K3 called %j is kept as %j, and its content in the store', async (given, name) => {
    const told = await upload('x', { query: `?name=${encodeURIComponent(given)}` })
    expect(told.name).toBe(name)
    expect(await contents()).toContain(told.id)
    const disposition = (await get(told.id)).headers.get('content-disposition')!
    expect(disposition).toMatch(/^attachment; filename=[\x20-\x7E]+$/)
    if (/[^\x20-\x7E]/.test(name)) expect(disposition).toContain(`filename*=UTF-8''${encodeURIComponent(name)}`)
  })

  it.each(['', '?name=', '?name=a&name=b', '?other=a'])('K10 without a name is refused: %j', async (query) => {
    expect(await put('x', { query })).toMatchObject({
      status: 400,
      told: { appCode: 'input.invalid', params: { field: 'name' } },
    })
  })

  it.each([
    ['MZ\0program', 415, 'file.typeUnknown'],
    ['%PDFbroken', 422, 'file.unreadable'],
  ])('K2 that is not what it says, %j, is refused and leaves nothing', async (body, status, appCode) => {
    const answer = await put(body, { query: '?name=honest.docx' })
    expect(answer).toMatchObject({ status, told: { appCode, params: { name: 'honest.docx' } } })
    expect(await strayContents()).toEqual([])
  })

  it('K2 of 20 MB is taken; a byte more is refused with the sizes', async () => {
    const whole = Buffer.alloc(fileLimit, 'a')
    const told = await upload(whole)
    expect(told.bytes).toBe(fileLimit)
    expect(Buffer.from(await (await get(told.id)).arrayBuffer()).equals(whole)).toBe(true)
    expect(await put(Buffer.alloc(fileLimit + 1, 'a'))).toMatchObject({
      status: 413,
      told: { appCode: 'file.tooLarge', params: { given: fileLimit + 1, allowed: fileLimit } },
    })
    expect(await strayContents()).toEqual([])
  })

  it('K2 that says it is far too large is refused at once', async () => {
    const { socket, said } = begin(`Content-Length: ${200 * mb}`, 'x')
    await once(socket, 'close')
    expect(said()).toMatch(/^HTTP\/1.1 413 .*connection: close.*"appCode":"file.tooLarge"/is)
    expect(await strayContents()).toEqual([])
  })

  it('K2 that does not say how large it is is cut where it becomes too large', async () => {
    const { socket, said } = begin('Transfer-Encoding: chunked')
    const chunk = `${mb.toString(16)}\r\n${'a'.repeat(mb)}\r\n`
    for (let sent = 0; sent < 20; sent++) await new Promise((resolve) => socket.write(chunk, resolve))
    expect(said()).toBe('')
    socket.write('1\r\na\r\n')
    await once(socket, 'close')
    expect(said()).toMatch(/^HTTP\/1.1 413 .*"appCode":"file.tooLarge"/s)
    expect(await strayContents()).toEqual([])
  })

  it('K1 that is cut in the middle leaves nothing, chunked or not', async () => {
    for (const head of ['Content-Length: 1000', 'Transfer-Encoding: chunked']) {
      const { socket } = begin(head, head.includes('chunked') ? '5\r\nhello\r\n' : 'hello')
      await expect.poll(strayContents).toHaveLength(1)
      socket.destroy()
      await expect.poll(strayContents).toEqual([])
    }
    expect(server.logged().filter((line) => line.includes('"level":50'))).toEqual([])
  })

  it('K10 that comes slowly is taken as long as it comes, longer than other bodies may', async () => {
    const { socket, said } = begin('Content-Length: 10')
    for (let sent = 0; sent < 10; sent++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      socket.write('x')
    }
    await expect.poll(said).toContain('HTTP/1.1 201')
    known.add(/"id":"([^"]+)"/.exec(said())![1]!)
    socket.destroy()
  })

  it('K10 that stops coming is told so, cut off, and leaves nothing', async () => {
    const { socket, said } = begin('Content-Length: 10', 'xx')
    await once(socket, 'close')
    expect(said()).toMatch(/^HTTP\/1.1 408 .*"appCode":"request.tooSlow"/s)
    await expect.poll(strayContents).toEqual([])
  })

  it('K10 beyond five at once of one user is told when to come back; places are free again', async () => {
    const open = Array.from({ length: 5 }, () => begin('Content-Length: 10', 'x'))
    await expect.poll(strayContents).toHaveLength(5)
    const refused = await put('one more')
    expect(refused).toMatchObject({ status: 503, told: { appCode: 'server.busy', params: { limit: 5 } } })
    expect(refused.headers.get('retry-after')).toBe('5')
    known.add((await put('of somebody else', { as: other })).told.id)
    for (const { socket } of open) socket.destroy()
    await expect.poll(strayContents).toEqual([])
    await upload('now')
  })
})

describe('who may', () => {
  const stranger = { as: {} }

  it('K4 upload is nobody without a sign-in or a key, nor a page of elsewhere', async () => {
    expect(await put('x', stranger)).toMatchObject({ status: 401, told: { appCode: 'auth.required' } })
    const foreign = await put('x', { as: { cookie: account.cookie }, headers: { origin: 'https://evil.example' } })
    expect(foreign).toMatchObject({ status: 403, told: { appCode: 'auth.foreignAddress' } })
    expect(await strayContents()).toEqual([])
  })

  it('K4 open a file are members of its workspace: for others it does not exist', async () => {
    const { id } = await upload('secret')
    for (const method of ['GET', 'HEAD']) {
      expect((await get(id, { method })).status).toBe(200)
      expect((await get(id, { method, ...stranger })).status).toBe(401)
      for (const wrong of [id, `${id.slice(0, -1)}0`, '00000000-0000-7000-8000-000000000000', 'x', '..%2f..%2fpg'])
        expect((await get(wrong, { method, as: other })).status).toBe(404)
    }
    const answer = await get(id, { as: other })
    expect(await answer.json()).toMatchObject({ appCode: 'notFound', params: { what: 'file' } })
  })
})

describe('a download', () => {
  it('K11 is to be saved: no type a browser runs, no origin, nothing kept on the way', async () => {
    const page = '<html><script>alert(1)</script>'
    const { id } = await upload(page, { query: '?name=page.html', headers: { 'content-type': 'text/html' } })
    const answer = await get(id)
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': String(page.length),
      'content-disposition': 'attachment; filename=page.html',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'private, no-store',
    })
    expect(await answer.text()).toBe(page)
    const head = await get(id, { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(page.length)])
  })

  it('K11 has a name for those who read ASCII only', async () => {
    const { id } = await upload('x', { query: `?name=${encodeURIComponent('Übersicht 100% 报告.txt')}` })
    const disposition = (await get(id)).headers.get('content-disposition')
    const extended = "filename*=UTF-8''%C3%9Cbersicht%20100%25%20%E6%8A%A5%E5%91%8A.txt"
    expect(disposition).toBe(`attachment; filename="Ubersicht 100_ __.txt"; ${extended}`)
  })

  it('K11 of a content that is gone is not an empty one', async () => {
    const { id } = await upload('x')
    await rm(path.join(dataDir, 'files', id), { recursive: true })
    const answer = await get(id)
    expect([answer.status, await answer.json()]).toMatchObject([404, { appCode: 'notFound' }])
  })

  it('K11 is read no faster than it is taken, and let go when its reader leaves', async () => {
    const { id } = await upload(Buffer.alloc(fileLimit, 'a'))
    const answer = await get(id)
    const reader = answer.body!.getReader()
    await reader.read()
    await reader.cancel()
    expect((await get(id)).headers.get('content-length')).toBe(String(fileLimit))
    expect(server.logged().filter((line) => line.includes('"level":50'))).toEqual([])
  })
})

it('K1 what was cut and refused has left no row either', async () => {
  const ids = (await contents()).toSorted()
  expect(ids).toEqual([...known].filter((id) => ids.includes(id)).toSorted())
  await server.close()
  const { pool, close } = await openDatabase({ dataDir, url: undefined })
  try {
    const { rows } = await pool.query<{ id: string }>('SELECT id FROM files')
    expect(rows.map(({ id }) => id).toSorted()).toEqual([...known].toSorted())
  } finally {
    await close()
  }
})
