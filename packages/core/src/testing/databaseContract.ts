import { afterAll, beforeAll, describe } from 'vitest'
import { chunkContract } from './chunkContract.ts'
import { deliveryContract } from './deliveryContract.ts'
import { feedReadsContract } from './feedReadsContract.ts'
import { fileContract } from './fileContract.ts'
import { listContract } from './listContract.ts'
import type { OpenedStorage } from './openedStorage.ts'
import { outsideContract } from './outsideContract.ts'
import { projectContract } from './projectContract.ts'
import { queueContract } from './queueContract.ts'
import { rewriteContract } from './rewriteContract.ts'
import { takeoverContract } from './takeoverContract.ts'
import { taskContract } from './taskContract.ts'
import { taskRunContract } from './taskRunContract.ts'
import { transactionContract } from './transactionContract.ts'

/**
 * What every storage must do, one suite for all of them: `Database`, `Tx` and `JobQueue` with their edges.
 * `open` is called once, before the first test, and the storage closed after the last; tests run one after another.
 */
export function databaseContract(name: string, open: () => Promise<OpenedStorage>): void {
  describe(`the storage contract on ${name}`, () => {
    let opened: OpenedStorage | undefined
    beforeAll(async () => {
      opened = await open()
    }, openTimeoutMs)
    afterAll(() => opened?.close())
    const storage = () => {
      if (opened === undefined) throw new Error('The storage is open inside tests only.')
      return opened
    }

    transactionContract(storage)
    projectContract(storage)
    rewriteContract(storage)
    chunkContract(storage)
    takeoverContract(storage)
    taskContract(storage)
    taskRunContract(storage)
    queueContract(storage)
    feedReadsContract(storage)
    listContract(storage)
    fileContract(storage)
    outsideContract(storage)
    deliveryContract(storage)
  })
}

/** A database server that has to be made first takes its time. */
const openTimeoutMs = 60_000
