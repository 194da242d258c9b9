import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'

let server: OpenServer
let anna: Account
let ben: Account

beforeAll(async () => {
  server = await openServer()
  anna = await server.signUp('anna@example.com')
  ben = await server.signUp('ben@example.com')
}, 60_000)
afterAll(() => server?.close())

const get = (as?: Account) =>
  fetch(`${server.url}/archive`, as === undefined ? {} : { headers: { authorization: `Bearer ${as.apiKey}` } })

async function archiveOf(account: Account): Promise<Map<string, string>> {
  const answer = await get(account)
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip'])
  const files = unzipSync(new Uint8Array(await answer.arrayBuffer()))
  return new Map(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)]))
}

async function makeTranslation(): Promise<string> {
  const { client, apiKey } = anna
  const answer = await fetch(`${server.url}/files?name=${encodeURIComponent('信.txt')}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${apiKey}` },
    body: '守塔人的信。',
  })
  const { id: fileId } = (await answer.json()) as { id: string }
  const input = { fileId, to: 'en' }
  const { projectId } = await client.projects.create.mutate({ pipeline: 'document', input })
  const { taskId } = await client.tasks.create.mutate({ projectId, stages: 'rest' })
  expect(await client.finished(taskId)).toMatchObject({ status: 'completed' })
  return projectId
}

describe('everything of a user', () => {
  it('X22 is one archive: each project with every version, what it was begun with, and its files', async () => {
    const { client } = anna
    const story = { pipeline: 'story', input: { text: '守塔人与大海' } }
    const { projectId } = await client.projects.create.mutate(story)
    const edit = { projectId, stage: 'rewrite', baseRewriteId: null }
    await client.stages.edit.mutate({ ...edit, text: '第一版' })
    const { stages } = (await client.projects.get.query({ projectId })).state
    const baseRewriteId = stages[0]!.current!.id
    await client.stages.edit.mutate({ ...edit, baseRewriteId, text: '第二版' })
    await client.projects.update.mutate({ projectId, archived: true })
    const translation = await makeTranslation()
    await ben.client.projects.create.mutate({ pipeline: 'story', input: { text: 'not hers' } })

    const archive = await archiveOf(anna)
    const folder = `守塔人与大海.${projectId.slice(-8)}/`
    expect(archive.get(`${folder}rewrite/v1.md`)).toBe('第一版')
    expect(archive.get(`${folder}rewrite/v2.md`)).toBe('第二版')
    expect(JSON.parse(archive.get(`${folder}project.json`)!)).toMatchObject({
      ...story,
      title: '守塔人与大海',
      stages: [
        { key: 'rewrite', current: 2, versions: [{ no: 1, kind: 'edited', file: 'rewrite/v1.md' }, { no: 2 }] },
        { key: 'storyboard', current: null, versions: [] },
        { key: 'camera' },
      ],
    })
    const other = `信.${translation.slice(-8)}/`
    expect(archive.get(`${other}files/original 信.txt`)).toBe('守塔人的信。')
    expect(archive.get(`${other}files/v3 信.en.txt`)).toMatch(/letter/i)
    expect([...archive.keys()].filter((name) => !name.startsWith(folder) && !name.startsWith(other))).toEqual([])
    expect([...archive.values()].join('\n')).not.toContain('not hers')
  })

  it('X22 of who has nothing is empty, and nobody else gets it', async () => {
    const carl = await server.signUp('carl@example.com')
    expect([...(await archiveOf(carl))]).toEqual([])
    expect((await get()).status).toBe(401)
  })

  it('X22 is made one at a time, and the place is free when its reader leaves', async () => {
    const leaving = new AbortController()
    const headers = { authorization: `Bearer ${anna.apiKey}` }
    // 8 MB of noise, so that it can't all be on its way before it is taken.
    const { projectId } = await anna.client.projects.create.mutate({ pipeline: 'story', input: { text: 'noise' } })
    for (let at = 0; at < 8; at++) {
      const { stages } = (await anna.client.projects.get.query({ projectId })).state
      const text = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)))
        .toString('base64')
        .repeat(12)
      const baseRewriteId = stages[0]!.current?.id ?? null
      await anna.client.stages.edit.mutate({ projectId, stage: 'rewrite', baseRewriteId, text })
    }
    const first = await fetch(`${server.url}/archive`, { headers, signal: leaving.signal })
    expect(first.status).toBe(200)
    const second = await get(anna)
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '5'])
    leaving.abort()
    await expect.poll(async () => (await get(anna)).status).toBe(200)
  })
})
