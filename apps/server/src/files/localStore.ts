/**
 * Contents in a folder: one of its own for each, so that whatever a write that was killed has left goes with it.
 *
 * Guarantee: a content is there whole or not at all, also after a loss of power: it is written under another name, made
 * durable, and renamed.
 */
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, mkdir, open, rename, rm, rmdir } from 'node:fs/promises'
import path from 'node:path'
import { notFound, requireFileKey, type FileStore } from '@stagewright/core'

const ownerOnly = 0o700

/** Makes the folder when it is missing; nobody but the owner of the process may look into it. */
export async function openLocalStore(folder: string): Promise<FileStore> {
  await mkdir(folder, { recursive: true, mode: ownerOnly })
  await chmod(folder, ownerOnly)
  const folderOf = (key: string): string => path.join(folder, requireFileKey(key))
  return {
    write: async (key, content) => writeWhole(folderOf(key), content),
    async *read(key) {
      yield* readContent(path.join(folderOf(key), 'content'), key)
    },
    remove: async (key) => rm(folderOf(key), { recursive: true, force: true }),
  }
}

async function writeWhole(folder: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: ownerOnly })
  const part = path.join(folder, `${randomUUID()}.part`)
  try {
    const file = await open(part, 'wx', 0o600)
    try {
      for await (const piece of content) await file.writeFile(piece)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(part, path.join(folder, 'content'))
    await syncFolder(folder)
  } catch (error) {
    await rm(part, { force: true })
    // Empty when there was nothing before.
    await rmdir(folder).catch(() => undefined)
    throw error
  }
}

/** The new name is durable only with its folder, where the system lets folders be synchronised. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

async function* readContent(file: string, key: string): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const piece of createReadStream(file)) yield piece as Uint8Array
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw notFound('file', key)
    throw error
  }
}
