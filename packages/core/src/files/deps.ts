import type { ChangeRunner } from '../engine/change.ts'
import type { EngineLog } from '../engine/deps.ts'
import type { Crypto, Database, DocumentPort, FileStore } from '../ports.ts'

/** What everything about files is made of. */
export type FileDeps = {
  database: Database
  store: FileStore
  documents: DocumentPort
  crypto: Crypto
  change: ChangeRunner
  log: EngineLog
}

/** Removes a file that nobody has seen: its content, then its row. What fails here is done later, by `forgetFiles`. */
export async function discardFile({ database, store, log }: FileDeps, fileId: string): Promise<void> {
  try {
    await store.remove(fileId)
    await database.removeFile(fileId)
  } catch (error) {
    log.warn({ err: error, fileId }, 'A file that is not needed could not be removed yet.')
  }
}
