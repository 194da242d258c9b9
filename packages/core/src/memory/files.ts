import type { Database, Tx } from '../ports/database.ts'
import { storeWithinMs, unstoredForMs, unusedForMs } from '../ports/fileStorage.ts'
import type { FileRecord } from '../records.ts'
import { oldestFirst } from './projectReads.ts'
import { insertRow, type Session } from './session.ts'
import { rowOf, type Tables } from './tables.ts'

const unstored = { projectId: null, rewriteId: null, bytes: null, sha256: null, storedAt: null }

export function filesOfRewrites(tables: Tables, rewriteIds: readonly string[]): FileRecord[] {
  return oldestFirst(tables.files.all().filter(({ rewriteId }) => rewriteId !== null && rewriteIds.includes(rewriteId)))
}

export function insertFile(session: Session, file: Parameters<Database['insertFile']>[0]): void {
  rowOf(session.tables.workspaces, file.workspaceId, 'workspace')
  const row = { ...file, ...unstored, format: null, createdAt: session.now }
  insertRow(session.tables.files, file.id, row, 'files_pkey')
}

export function filesToForget(session: Session, limit: number): string[] {
  const { tables, now } = session
  const ageMs = (file: FileRecord) => now.getTime() - file.createdAt.getTime()
  const isUnneeded = (file: FileRecord) =>
    file.projectId === null && ageMs(file) > (file.storedAt === null ? unstoredForMs : unusedForMs)
  const found = oldestFirst(tables.files.all().filter(isUnneeded)).slice(0, limit)
  for (const file of found) tables.files.put(file.id, { ...file, ...unstored })
  return found.map(({ id }) => id)
}

export function fileOperations({
  tables,
  now,
}: Session): Pick<Tx, 'file' | 'markFileStored' | 'attachFile' | 'releaseFilesOf'> {
  return {
    file: async (fileId) => tables.files.get(fileId) ?? null,
    async markFileStored(fileId, stored) {
      const file = tables.files.get(fileId)
      if (file === undefined || file.storedAt !== null) return false
      if (now.getTime() - file.createdAt.getTime() > storeWithinMs) return false
      if (stored.projectId !== null) rowOf(tables.projects, stored.projectId, 'project')
      tables.files.put(fileId, { ...file, ...stored, storedAt: now })
      return true
    },
    async attachFile(fileId, { id, workspaceId, rewriteId = null }) {
      const file = tables.files.get(fileId)
      if (file === undefined || file.storedAt === null || file.workspaceId !== workspaceId) return false
      if (file.projectId !== null || file.rewriteId !== null) return false
      rowOf(tables.projects, id, 'project')
      tables.files.put(fileId, { ...file, projectId: id, rewriteId })
      return true
    },
    async releaseFilesOf(rewriteId) {
      const released = filesOfRewrites(tables, [rewriteId])
      for (const file of released) tables.files.put(file.id, { ...file, ...unstored })
      return released.map(({ id }) => id)
    },
  }
}
