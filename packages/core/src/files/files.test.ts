import { describe, expect, it } from 'vitest'
import { DatabaseUnavailable, fileLimitBytes } from '../ports.ts'
import { bytesOf, streamOf, textOf } from '../testing/fileStoreContract.ts'
import { crypto } from '../testing/seeds.ts'
import { collect } from './content.ts'
import { neverAborted, openFiles, type OpenFiles } from './testing/openFiles.ts'

const anna = { userId: 'anna' }
const ben = { userId: 'ben' }

function upload({ files }: OpenFiles, content: string | Uint8Array[], { name = '报告.txt', actor = anna } = {}) {
  const pieces = typeof content === 'string' ? [bytesOf(content)] : content
  return files.upload(actor, { name, content: streamOf(pieces), signal: neverAborted })
}

/** What there is of files that are nobody's: their rows, made old, and how many contents. */
async function leftOf({ database, clock, store }: OpenFiles) {
  clock.advance(48 * 3_600_000)
  return { rows: await database.filesToForget(1_000), contents: store.contents.size }
}
const nothing = { rows: [], contents: 0 }

describe('an upload', () => {
  it('K1 is shown as what its content is, and read again byte for byte', async () => {
    const opened = openFiles()
    const file = await upload(opened, [bytesOf('PK'), bytesOf('\n正文')], { name: 'C:\\x\\报告.txt' })
    const mediaType = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'
    expect(file).toEqual({ id: expect.any(String), name: '报告.txt', mediaType, format: 'docx', bytes: 9 })
    const { content, file: found } = await opened.files.open(anna, file.id)
    expect(found).toEqual(file)
    expect(textOf(await collect(content))).toBe('PK\n正文')
    expect((await opened.database.file(file.id))?.sha256).toBe(crypto.sha256('PK\n正文'))
  })

  it('K1 has its row before its content, and is seen by nobody until that is whole', async () => {
    const seen: unknown[] = []
    const opened: OpenFiles = openFiles({
      store: (store) => ({
        ...store,
        async write(key, content) {
          seen.push(await opened.database.file(key))
          await store.write(key, content)
          await opened.files.find(anna, key).catch((error: unknown) => seen.push(error))
        },
      }),
    })
    await upload(opened, 'text')
    expect(seen).toMatchObject([{ storedAt: null, createdBy: 'anna' }, { code: 'notFound' }])
  })

  it('K2 that is too large is refused without more of it being taken', async () => {
    const opened = openFiles()
    let taken = 0
    async function* endless() {
      for (;;) {
        taken += 1_000_000
        yield new Uint8Array(1_000_000)
      }
    }
    const send = (announced: { announcedBytes?: number }) =>
      opened.files.upload(anna, { name: 'a', content: endless(), signal: neverAborted, ...announced })
    await expect(send({})).rejects.toMatchObject({ code: 'file.tooLarge', params: { allowed: fileLimitBytes } })
    expect(taken).toBeLessThan(fileLimitBytes + 2_000_000)
    const before = taken
    const given = fileLimitBytes + 1
    await expect(send({ announcedBytes: given })).rejects.toMatchObject({ params: { given, allowed: fileLimitBytes } })
    expect(taken).toBe(before)
    expect(await leftOf(opened)).toEqual(nothing)
  })

  it('K2 of exactly the largest size is taken', async () => {
    const file = await upload(openFiles(), [new Uint8Array(fileLimitBytes).fill(97)])
    expect(file.bytes).toBe(fileLimitBytes)
  })

  it.each([
    ['MZ\0program', 'file.typeUnknown'],
    ['%PDFbroken', 'file.unreadable'],
  ])('K2 that is %j is refused, and nothing of it is left', async (content, code) => {
    const opened = openFiles()
    const refused = upload(opened, content, { name: 'honest.docx' })
    await expect(refused).rejects.toMatchObject({ code, params: { name: 'honest.docx' } })
    expect(await leftOf(opened)).toEqual(nothing)
  })

  it('K1 that is cut leaves nothing', async () => {
    const opened = openFiles()
    const abort = new AbortController()
    let taken = 0
    async function* cut() {
      for (;;) {
        if (taken++ === 3) abort.abort(new Error('The sender has gone.'))
        yield bytesOf('a piece')
      }
    }
    const refused = opened.files.upload(anna, { name: 'a.txt', content: cut(), signal: abort.signal })
    await expect(refused).rejects.toThrow('The sender has gone.')
    expect(taken).toBe(4)
    expect(await leftOf(opened)).toEqual(nothing)
  })

  it('K1 whose content cannot be removed again keeps its row, by which it is found later', async () => {
    const opened = openFiles({ store: (store) => ({ ...store, remove: () => Promise.reject(new Error('Away.')) }) })
    await expect(upload(opened, 'MZ\0')).rejects.toMatchObject({ code: 'file.typeUnknown' })
    expect((await leftOf(opened)).rows).toEqual([...opened.store.contents.keys()])
    expect(opened.warnings).toHaveLength(1)
  })

  it('K1 that comes while the database is away is told so, and leaves no content', async () => {
    const away = () => Promise.reject(new DatabaseUnavailable('Away.'))
    const opened = openFiles({ database: (database) => ({ ...database, transaction: away }) })
    await expect(upload(opened, 'a')).rejects.toBeInstanceOf(DatabaseUnavailable)
    expect(await leftOf(opened)).toEqual(nothing)
  })
})

describe('a file', () => {
  it('K4 is there for members of its workspace, and for nobody else', async () => {
    const opened = openFiles()
    const { id } = await upload(opened, 'mine')
    for (const fileId of [id, crypto.newId(), '../x', '']) {
      await expect(opened.files.open(ben, fileId)).rejects.toMatchObject({ code: 'notFound' })
      await expect(opened.files.find(ben, fileId)).rejects.toMatchObject({ code: 'notFound' })
    }
  })

  it('K4 is gone with its project, and there again when that is had back', async () => {
    const opened = openFiles()
    const { id } = await upload(opened, 'mine')
    const { projectId } = await opened.projects.create(anna, { pipeline: 'ofFile', input: { fileId: id } })
    await opened.projects.remove(anna, projectId)
    await expect(opened.files.find(anna, id)).rejects.toMatchObject({ code: 'notFound' })
    await opened.projects.undoRemove(anna, projectId)
    expect((await opened.files.find(anna, id)).id).toBe(id)
  })
})

describe('a project made with a file', () => {
  const make = ({ projects }: OpenFiles, fileId: string, title?: string) =>
    projects.create(anna, { pipeline: 'ofFile', title, input: { fileId } })
  const countOf = async ({ projects }: OpenFiles) => (await projects.list(anna, { page: 1, pageSize: 10 })).total

  it('K6 owns it, and is called after it where nothing else is said', async () => {
    const opened = openFiles()
    const { id } = await upload(opened, 'a', { name: '年度 报告.v2.docx' })
    const { projectId } = await make(opened, id)
    expect(await opened.projects.get(anna, projectId)).toMatchObject({ title: '年度 报告.v2', revision: 1 })
    expect((await opened.database.file(id))?.projectId).toBe(projectId)
    const other = await make(opened, (await upload(opened, 'a')).id, 'Mine')
    expect((await opened.projects.get(anna, other.projectId)).title).toBe('Mine')
  })

  it('K6 gets no file that is another project’s, somebody else’s, or not there', async () => {
    const opened = openFiles()
    const { id } = await upload(opened, 'a')
    await make(opened, id)
    await expect(make(opened, id)).rejects.toMatchObject({ code: 'file.inUse', params: { name: '报告.txt' } })
    const foreign = await upload(opened, 'b', { actor: ben })
    for (const fileId of [foreign.id, crypto.newId(), 'no id'])
      await expect(make(opened, fileId)).rejects.toMatchObject({ code: 'notFound' })
    expect(await countOf(opened)).toBe(1)
  })

  it('K6 of several that want it at once, one is made', async () => {
    const opened = openFiles()
    const { id } = await upload(opened, 'a')
    const made = await Promise.allSettled([make(opened, id), make(opened, id), make(opened, id)])
    expect(made.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(await countOf(opened)).toBe(1)
  })
})
