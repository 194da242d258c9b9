import { beforeEach, describe, expect, it } from 'vitest'
import { DatabaseUnavailable, type Database } from '../ports.ts'
import { bytesOf, streamOf, textOf } from '../testing/fileStoreContract.ts'
import { closingOf, seedOpenRewrite } from '../testing/seeds.ts'
import { collect } from './content.ts'
import { neverAborted, openFiles, type OpenFiles } from './testing/openFiles.ts'

const anna = { userId: 'anna' }
let opened: OpenFiles
let project: { id: string; workspaceId: string; createdBy: string }
let fileId: string
let rewriteId: string
/** Whether the answer of the next transaction is lost after it was stored. */
let losesAnswer: boolean

const losing = (database: Database): Database => ({
  ...database,
  async transaction(work) {
    const answer = await database.transaction(work)
    if (losesAnswer) throw new DatabaseUnavailable('The answer was lost.')
    return answer
  },
})

beforeEach(async () => {
  losesAnswer = false
  opened = openFiles({ database: losing })
  const content = streamOf([bytesOf('one\ntwo\nthree')])
  fileId = (await opened.files.upload(anna, { name: '报告.v2.txt', content, signal: neverAborted })).id
  const made = await opened.projects.create(anna, { pipeline: 'ofFile', input: { fileId } })
  project = await opened.projects.get(anna, made.projectId)
  rewriteId = await seedOpenRewrite(opened.database, project.id, { stageKey: 'first', attempt: 2 })
})

function deliver({ attempt = 2, word = 'zwei', signal = neverAborted } = {}) {
  const targets = new Map([[2, word]])
  return opened.files.deliver({ project, rewriteId, attempt, fileId, suffix: 'de', targets }, signal)
}
const textOfFile = async (id: string) => textOf(await collect((await opened.files.open(anna, id)).content))
const filesOfIt = async () => (await opened.database.filesOfRewrites([rewriteId])).map(({ id }) => id)
const contents = () => [...opened.store.contents.keys()].toSorted()
const takeOver = () => opened.database.transaction((tx) => tx.takeOverRewrite(rewriteId, { attempt: 3, keepUpTo: 0 }))

describe('segments', () => {
  it('K5 are read of a file of the project', async () => {
    const texts: string[] = []
    for await (const { text } of opened.files.readSegments(project, fileId, neverAborted)) texts.push(text)
    expect(texts).toEqual(['one', 'two', 'three'])
  })

  it('K4 are read of no other file, and none is delivered of it', async () => {
    const other = await opened.files.upload(anna, { name: 'b', content: streamOf([]), signal: neverAborted })
    const read = opened.files.readSegments(project, other.id, neverAborted)[Symbol.asyncIterator]()
    await expect(read.next()).rejects.toMatchObject({ code: 'notFound' })
    const delivery = { project, rewriteId, attempt: 2, fileId: other.id, suffix: 'de', targets: new Map() }
    await expect(opened.files.deliver(delivery, neverAborted)).rejects.toMatchObject({ code: 'notFound' })
  })
})

describe('a delivery', () => {
  it('K5 is the document anew, with its version, and says that the project has changed', async () => {
    const before = await opened.database.projectRevision(project.id)
    const file = await deliver()
    expect(file).toEqual({ id: expect.any(String), name: '报告.v2.de.txt', bytes: 14 })
    expect(await textOfFile(file!.id)).toBe('one\nzwei\nthree')
    expect(await opened.files.find(anna, file!.id)).toMatchObject({ format: 'txt', bytes: 14 })
    expect(await filesOfIt()).toEqual([file!.id])
    expect(await opened.database.projectRevision(project.id)).toBe(before! + 1)
  })

  it('K5 takes the place of what an older attempt had left', async () => {
    const older = await deliver()
    await takeOver()
    const newer = await deliver({ attempt: 3, word: 'deux' })
    expect(await filesOfIt()).toEqual([newer!.id])
    expect(await textOfFile(newer!.id)).toBe('one\ndeux\nthree')
    expect(contents()).toEqual([fileId, newer!.id].toSorted())
    expect(await opened.database.file(older!.id)).toBeNull()
  })

  it('K5 of an attempt that has lost its text is refused, and leaves nothing', async () => {
    const kept = await deliver()
    await takeOver()
    expect(await deliver({ word: 'late' })).toBeNull()
    expect(await filesOfIt()).toEqual([kept!.id])
    expect(contents()).toEqual([fileId, kept!.id].toSorted())
  })

  it('K5 with a text that has closed is refused', async () => {
    await opened.database.transaction((tx) => tx.closeRewrite(rewriteId, { attempt: 2, length: 0 }, closingOf('')))
    expect(await deliver()).toBeNull()
    expect([await filesOfIt(), contents()]).toEqual([[], [fileId]])
  })

  it('K5 that is stopped leaves nothing', async () => {
    await expect(deliver({ signal: AbortSignal.abort(new Error('Stopped.')) })).rejects.toThrow('Stopped.')
    expect([await filesOfIt(), contents()]).toEqual([[], [fileId]])
  })

  it('K5 whose answer was lost is the version’s all the same, until the next one', async () => {
    losesAnswer = true
    await expect(deliver()).rejects.toBeInstanceOf(DatabaseUnavailable)
    losesAnswer = false
    const [left] = await filesOfIt()
    expect(await textOfFile(left!)).toBe('one\nzwei\nthree')
    const again = await deliver({ word: 'again' })
    expect(await filesOfIt()).toEqual([again!.id])
    expect(contents()).toEqual([fileId, again!.id].toSorted())
  })
})
