// For CommandProcess: locks the folder given as argument on "lock", gives it free on "release", answers what came of it.
import { createInterface } from 'node:readline'
import { lockFolder, type FolderLock } from '../embedded/folderLock.ts'
import type { DatabaseError } from '../errors.ts'

let lock: FolderLock | undefined

async function run(command: string): Promise<string> {
  if (command === 'release') {
    await lock?.release()
    return 'released'
  }
  try {
    lock = await lockFolder(process.argv[2]!)
    return 'locked'
  } catch (error) {
    return (error as DatabaseError).code
  }
}

console.log('ready')
for await (const command of createInterface({ input: process.stdin })) console.log(await run(command))
