import { randomBytes } from 'node:crypto'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** The server's own secret: the one set, or the one kept in the data folder, made there at first start (mode 0600). */
export async function loadSecretKey(set: string | null, dataDir: string): Promise<string> {
  if (set !== null) return set
  const file = path.join(dataDir, 'secret.key')
  const fresh = randomBytes(32).toString('hex')
  try {
    await writeFile(file, `${fresh}\n`, { mode: 0o600, flag: 'wx' })
    return fresh
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    await chmod(file, 0o600)
    return (await readFile(file, 'utf8')).trim()
  }
}
