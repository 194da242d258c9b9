import { parentPort, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { Session } from './session.ts'
import { startUpkeep } from './upkeep.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './workerMessages.ts'

// PGlite blocks its thread for each query; here it blocks nobody else. An error thrown in this file ends the thread,
// which the main thread sees as the failure of the database.
const setup = workerData as WorkerSetup
const port = parentPort!
const post = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer)
const postBytes = (id: number, bytes: Uint8Array) => {
  const copy = new Uint8Array(bytes) // a view of its own memory, so that only these bytes travel, and by transfer
  post({ kind: 'bytes', id, bytes: copy }, [copy.buffer])
}
const warn = (error: unknown) =>
  post({ kind: 'warning', message: error instanceof Error ? error.message : String(error) })
const fail = (error: unknown) =>
  void setImmediate(() => {
    throw error
  })

const db = await PGlite.create({
  dataDir: setup.folder ?? 'memory://',
  ...(setup.dump === null ? {} : { loadDataDir: new Blob([new Uint8Array(setup.dump)]) }),
  // Without a checkpointer these bound how far the log grows between two of our checkpoints.
  startParams: [...PGlite.defaultStartParams, '-c', 'max_wal_size=64MB', '-c', 'min_wal_size=32MB'],
})
const session = new Session(db, { send: postBytes, end: (id) => post({ kind: 'end', id }), fail })
const stopUpkeep = startUpkeep(session, setup.upkeep, warn)

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'open':
      return session.open(message.id)
    case 'bytes':
      return session.receive(message.id, message.bytes)
    case 'hangUp':
      return void session.hangUp(message.id)
    case 'dump':
      return void dump().catch(fail)
    case 'close':
      return void close().catch(fail)
  }
})
post({ kind: 'ready' })

async function dump(): Promise<void> {
  await session.runAlone(async () => {
    const file = await db.dumpDataDir('none')
    const bytes = new Uint8Array(await file.arrayBuffer())
    post({ kind: 'dumped', dump: bytes }, [bytes.buffer])
  })
}

async function close(): Promise<void> {
  stopUpkeep()
  await session.hangUpAll()
  await session.runAlone(() => db.close())
  post({ kind: 'closed' })
  port.close()
}
