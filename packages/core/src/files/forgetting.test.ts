import { expect, it } from 'vitest'
import { bytesOf, streamOf } from '../testing/fileStoreContract.ts'
import type { FileStore } from '../ports.ts'
import { createForgetting } from './forgetting.ts'
import { neverAborted, openFiles, type OpenFiles } from './testing/openFiles.ts'

const anna = { userId: 'anna' }
const hourMs = 3_600_000
const silent = { info: () => {}, warn: () => {}, error: () => {} }

const upload = async ({ files }: OpenFiles) =>
  (await files.upload(anna, { name: 'a.txt', content: streamOf([bytesOf('a')]), signal: neverAborted })).id

const settle = async (): Promise<void> => {
  for (let step = 0; step < 50; step++) await new Promise((resolve) => setImmediate(resolve))
}

function begin({ database, clock, store: own }: OpenFiles, store: FileStore = own) {
  const forgetting = createForgetting({ database, clock, store, log: silent })
  forgetting.start()
  return {
    stop: forgetting.stop,
    /** So many turns, an hour each. */
    async pass(hours: number) {
      for (let hour = 0; hour < hours; hour++) {
        clock.advance(hourMs)
        await settle()
      }
    },
  }
}

it('K7 what no project was made with in a day goes, its content before its row', async () => {
  const opened = openFiles()
  const [unused, used] = [await upload(opened), await upload(opened)]
  await opened.projects.create(anna, { pipeline: 'ofFile', input: { fileId: used } })
  const rows: unknown[] = []
  const store: FileStore = {
    ...opened.store,
    async remove(key) {
      rows.push((await opened.database.file(key))?.id)
      await opened.store.remove(key)
    },
  }
  const { stop, pass } = begin(opened, store)
  await pass(23)
  expect(opened.store.contents.size).toBe(2)
  await pass(3)
  expect(rows).toEqual([unused])
  expect([...opened.store.contents.keys()]).toEqual([used])
  expect(await opened.database.file(unused)).toBeNull()
  await stop()
})

it('K7 what the store does not let go is tried again, and nothing else waits for it', async () => {
  const opened = openFiles()
  const [stuck, other] = [await upload(opened), await upload(opened)]
  let isAway = true
  const store: FileStore = {
    ...opened.store,
    remove: (key) => (key === stuck && isAway ? Promise.reject(new Error('Away.')) : opened.store.remove(key)),
  }
  const { stop, pass } = begin(opened, store)
  await pass(26)
  expect([...opened.store.contents.keys()]).toEqual([stuck])
  expect(await opened.database.file(other)).toBeNull()
  isAway = false
  await pass(1)
  expect([opened.store.contents.size, await opened.database.file(stuck)]).toEqual([0, null])
  await stop()
})

it('K7 a turn that the database refuses is made up for by the next one', async () => {
  const opened = openFiles()
  await upload(opened)
  const purge = opened.database.purgeProjects
  let isAway = true
  opened.database.purgeProjects = (...given) => (isAway ? Promise.reject(new Error('Away.')) : purge(...given))
  const { stop, pass } = begin(opened)
  await pass(26)
  expect(opened.store.contents.size).toBe(1)
  isAway = false
  await pass(1)
  expect(opened.store.contents.size).toBe(0)
  await stop()
})

it('K8 a project that was removed a week ago goes, and its files after it; who follows it is told so', async () => {
  const opened = openFiles()
  const fileId = await upload(opened)
  const { projectId } = await opened.projects.create(anna, { pipeline: 'ofFile', input: { fileId } })
  await opened.projects.remove(anna, projectId)
  const { stop, pass } = begin(opened)
  await pass(7 * 24)
  expect(await opened.database.projectHead(projectId)).not.toBeNull()
  await pass(2)
  expect(await opened.database.projectHead(projectId)).toBeNull()
  expect([opened.store.contents.size, await opened.database.file(fileId)]).toEqual([0, null])
  await expect(opened.projects.undoRemove(anna, projectId)).rejects.toMatchObject({ code: 'notFound' })
  const following = opened.feed.followProject({ projectId, cursor: null, signal: neverAborted })
  await expect(following.next()).rejects.toMatchObject({ code: 'notFound' })
  await stop()
  opened.feed.close()
})

it('K8 a project that goes for good while it is asked back is not found', async () => {
  const opened = openFiles()
  const fileId = await upload(opened)
  const { projectId } = await opened.projects.create(anna, { pipeline: 'ofFile', input: { fileId } })
  await opened.projects.remove(anna, projectId)
  opened.clock.advance(8 * 24 * hourMs)
  const headOf = opened.database.projectHead
  opened.database.projectHead = async (id) => {
    const head = await headOf(id)
    await opened.database.purgeProjects(7 * 24 * hourMs, 10)
    return head
  }
  await expect(opened.projects.undoRemove(anna, projectId)).rejects.toMatchObject({ code: 'notFound' })
})

it('K7 a stop waits for the file under way, and takes no other', async () => {
  const opened = openFiles()
  await upload(opened)
  await upload(opened)
  let letThrough = (): void => {}
  const held = new Promise<void>((resolve) => (letThrough = resolve))
  const removed: string[] = []
  const store: FileStore = {
    ...opened.store,
    async remove(key) {
      await held
      removed.push(key)
    },
  }
  const { stop, pass } = begin(opened, store)
  await pass(26)
  let hasStopped = false
  const stopping = stop().then(() => (hasStopped = true))
  await settle()
  expect(hasStopped).toBe(false)
  letThrough()
  await stopping
  expect(removed).toHaveLength(1)
  await pass(30)
  expect(removed).toHaveLength(1)
})
