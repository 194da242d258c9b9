import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileStoreContract } from '@stagewright/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { processCrypto } from '../clock.ts'
import { BadSetting } from '../config.ts'
import { openBucketStore } from './bucketStore.ts'
import { openFileStore } from './openFileStore.ts'
import { openLocalStore } from './localStore.ts'
import { startBucketServer, type BucketServer } from './testing/bucketServer.ts'

const folders: string[] = []
const newFolder = async (): Promise<string> => {
  folders.push(await mkdtemp(path.join(tmpdir(), 'stagewright-files-')))
  return folders.at(-1)!
}
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))))

async function* pieces(...texts: string[]) {
  for (const text of texts) yield Buffer.from(text)
}

fileStoreContract('a folder', async () => {
  // One level deeper, so that what escapes would be seen too.
  const parent = await newFolder()
  const store = await openLocalStore(path.join(parent, 'files'))
  return { store, keys: async () => (await readdir(parent, { recursive: true })).toSorted(), close: async () => {} }
})

fileStoreContract('a bucket', async () => {
  const server = await startBucketServer()
  return { store: openBucketStore(server.bucket), keys: async () => [...server.objects.keys()], close: server.close }
})

describe('a folder of files', () => {
  it('K9 is its owner’s alone', async () => {
    const dataDir = await newFolder()
    await mkdir(path.join(dataDir, 'files'), { mode: 0o777 })
    const store = await openFileStore({ bucket: null, dataDir })
    const key = processCrypto.newId()
    await store.write(key, pieces('a'))
    const modes = [dataDir, path.join(dataDir, 'files'), path.join(dataDir, 'files', key)].slice(1)
    for (const folder of modes) expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect((await stat(path.join(dataDir, 'files', key, 'content'))).mode & 0o777).toBe(0o600)
  })

  it('O2 that cannot be used is named, with the settings', async () => {
    const file = path.join(await newFolder(), 'file')
    await writeFile(file, '')
    const opening = openFileStore({ bucket: null, dataDir: file })
    await expect(opening).rejects.toThrow(BadSetting)
    await expect(opening).rejects.toThrow(
      /^Files cannot be kept in .*file.files \(E\w+\): .* DATA_DIR or FILES_BUCKET\.$/,
    )
  })

  it('K9 forgets with a content what a killed write of it has left', async () => {
    const folder = await newFolder()
    const store = await openLocalStore(folder)
    const key = processCrypto.newId()
    await mkdir(path.join(folder, key))
    await writeFile(path.join(folder, key, 'left.part'), 'half')
    await expect(Array.fromAsync(store.read(key))).rejects.toMatchObject({ code: 'notFound' })
    await store.remove(key)
    expect(await readdir(folder)).toEqual([])
  })
})

describe('a bucket of files', () => {
  let server: BucketServer
  beforeAll(async () => void (server = await startBucketServer()))
  afterAll(() => server?.close())
  const key = processCrypto.newId()

  it.each([
    [{ secretKey: 'another' }, 'SignatureDoesNotMatch'],
    [{ accessKey: 'AKIAOTHER' }, 'InvalidAccessKeyId'],
    [{ region: 'elsewhere' }, 'AuthorizationHeaderMalformed'],
  ])('K9 is opened by its own keys only: %j', async (wrong, code) => {
    const store = openBucketStore({ ...server.bucket, ...wrong })
    const refused: unknown = await store.write(key, pieces('a')).catch((error: unknown) => error)
    expect(refused).toMatchObject({ name: 'BucketFailed', code, message: expect.stringContaining('403') })
    expect(JSON.stringify(refused) + String(refused)).not.toMatch(/AKIA|another/)
    await expect(Array.fromAsync(store.read(key))).rejects.toMatchObject({ code })
    await expect(store.remove(key)).rejects.toMatchObject({ code })
    expect(server.objects.size).toBe(0)
  })

  it('K9 that fails, or breaks off, is not taken for an empty one', async () => {
    const store = openBucketStore(server.bucket)
    await store.write(key, pieces('a', 'b'))
    server.next('error')
    await expect(store.write(key, pieces('c'))).rejects.toMatchObject({ code: 'SlowDown' })
    server.next('error')
    await expect(Array.fromAsync(store.read(key))).rejects.toMatchObject({ code: 'SlowDown' })
    server.next('cut')
    await expect(Array.fromAsync(store.read(key))).rejects.toThrow(TypeError)
    expect(Buffer.concat(await Array.fromAsync(store.read(key))).toString()).toBe('ab')
  })

  it('K9 that answers a removal with "no such key" had nothing to remove', async () => {
    const store = openBucketStore(server.bucket)
    server.next('noSuchKey')
    await store.remove(key)
    server.next('error')
    await expect(store.remove(key)).rejects.toMatchObject({ code: 'SlowDown' })
  })

  it('K9 that says nothing is given up', async () => {
    const store = openBucketStore(server.bucket, { answerWithinMs: 50 })
    server.next('silence')
    await expect(store.write(key, pieces('a'))).rejects.toThrow('did not answer within 0.05 s')
  })

  it('K9 in another bucket’s name finds nothing there', async () => {
    const store = openBucketStore({ ...server.bucket, name: 'other/../files-of-test' })
    await expect(store.write(key, pieces('a'))).rejects.toMatchObject({ code: 'NoSuchBucket' })
  })
})
