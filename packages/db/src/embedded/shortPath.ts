import { mkdtemp, rm, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'

/** A socket's path must fit into 104 bytes (macOS; 108 on Linux) with its closing NUL and our longest file name. */
const longestFolderBytes = 60

/**
 * Runs `work` with a path to the folder that is short enough for the name of a socket in it: the folder's own, or that
 * of a symbolic link in the temporary folder which lasts as long as `work`. The system follows the link, so the socket
 * itself always lies in the folder, where every other process meets it whatever its TMPDIR.
 */
export async function withShortPath<T>(folder: string, work: (shortFolder: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(folder) <= longestFolderBytes) return work(folder)
  const linkFolder = await mkdtemp(path.join(os.tmpdir(), 'sw-'))
  try {
    const link = path.join(linkFolder, 'd')
    await symlink(folder, link)
    return await work(link)
  } finally {
    await rm(linkFolder, { recursive: true, force: true })
  }
}
