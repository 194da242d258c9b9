import { readdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { CommandProcess } from '../testing/commandProcess.ts'
import { makeTemporaryFolder } from '../testing/temporaryFolder.ts'
import { lockFolder } from './folderLock.ts'

const lockingProcess = new URL('../testing/lockingProcess.ts', import.meta.url)

async function startProcess(folder: string): Promise<CommandProcess> {
  const child = new CommandProcess(lockingProcess, folder)
  expect(await child.read()).toBe('ready')
  return child
}

describe('lockFolder', () => {
  it('makes the folder for its owner only, refuses a second opener with a clear sentence, and can be had again', async () => {
    await using parent = await makeTemporaryFolder()
    const folder = path.join(parent.path, 'deep', 'data')
    const lock = await lockFolder(folder)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    await expect(lockFolder(folder)).rejects.toMatchObject({
      code: 'DataFolderLocked',
      message: expect.stringMatching(`^The data folder ${folder} is in use by another process; stop that one`),
    })
    await Promise.all([lock.release(), lock.release()])
    expect(await readdir(folder)).toEqual([])
    await (await lockFolder(folder)).release()
  })

  it('D9 refuses another process, also while the holder is paused, until the holder gives it free', async () => {
    await using folder = await makeTemporaryFolder()
    await using holder = await startProcess(folder.path)
    await using other = await startProcess(folder.path)
    expect(await holder.ask('lock')).toBe('locked')
    expect(await other.ask('lock')).toBe('DataFolderLocked')
    expect(await holder.ask('release')).toBe('released')
    expect(await other.ask('lock')).toBe('locked')
    other.pause()
    expect(await holder.ask('lock')).toBe('DataFolderLocked')
  })

  it('D9 after SIGKILL of the holder exactly one of many takes over, again and again', async () => {
    await using folder = await makeTemporaryFolder()
    await using children = new AsyncDisposableStack()
    const rivals = await Promise.all(Array.from({ length: 6 }, () => startProcess(folder.path)))
    for (const rival of rivals) children.use(rival)
    let holder = rivals.pop()!
    expect(await holder.ask('lock')).toBe('locked')
    while (rivals.length > 1) {
      await holder.kill()
      expect(await readdir(folder.path)).toContain('lock.sock') // left over: what they fight about
      const answers = await Promise.all(rivals.map((rival) => rival.ask('lock')))
      expect(answers.map(String).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
        ...answers.slice(1).map(() => 'DataFolderLocked'),
        'locked',
      ])
      holder = rivals.splice(answers.indexOf('locked'), 1)[0]!
    }
  })

  it('works in a folder whose path is too long for a socket, for processes with different TMPDIR', async () => {
    await using parent = await makeTemporaryFolder()
    const folder = path.join(parent.path, 'a-folder-with-a-long-name'.repeat(8), '数据')
    const lock = await lockFolder(folder)
    expect(await readdir(folder)).toEqual(['lock.sock'])
    const tmpdirBefore = process.env['TMPDIR']
    process.env['TMPDIR'] = parent.path
    try {
      await using other = await startProcess(folder)
      expect(await other.ask('lock')).toBe('DataFolderLocked')
      await lock.release()
      expect(await other.ask('lock')).toBe('locked')
    } finally {
      if (tmpdirBefore === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = tmpdirBefore
    }
  })

  it('says in one sentence why a folder cannot be used', async () => {
    await using parent = await makeTemporaryFolder()
    const file = path.join(parent.path, 'file')
    await writeFile(file, '')
    await expect(lockFolder(file)).rejects.toMatchObject({
      code: 'DataFolderUnusable',
      message: expect.stringContaining(`The data folder ${file} cannot be used: `),
    })
  })
})
