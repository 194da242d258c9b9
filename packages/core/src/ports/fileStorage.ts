import type { FileRecord } from '../records.ts'

export type StoredFile = Pick<FileRecord, 'format' | 'mediaType' | 'projectId' | 'rewriteId'> & {
  bytes: number
  sha256: string
}

/** A content is stored within half an hour of its row, or never: rows without one are forgotten after an hour. */
export const storeWithinMs = 30 * 60_000
export const unstoredForMs = 60 * 60_000
/** A file without a project is kept so long: time to make one with it. */
export const unusedForMs = 24 * 60 * 60_000

/** What a transaction does with the rows of files. */
export interface FileTx {
  file(fileId: string): Promise<FileRecord | null>
  /**
   * The content is whole: from now on the file is seen, of its project and version where they are named. False when it
   * is stored already, or was inserted so long ago (`storeWithinMs`) that it may be forgotten at any moment.
   */
  markFileStored(fileId: string, stored: StoredFile): Promise<boolean>
  /** Gives a stored file to a project of its workspace, and to a version there; false when it is not such a file, or has one already. */
  attachFile(fileId: string, to: { id: string; workspaceId: string; rewriteId?: string }): Promise<boolean>
  /** Takes the files of a version out of everybody's reach; their ids, for their contents to be removed. */
  releaseFilesOf(rewriteId: string): Promise<string[]>
}

/** The rows of files; their contents are a `FileStore`'s. */
export interface FileStorage {
  /** The row of a content that is to be stored; it must be there first, so that no content is ever without one. */
  insertFile(file: Pick<FileRecord, 'id' | 'workspaceId' | 'createdBy' | 'name' | 'mediaType'>): Promise<void>
  /** Stored or not. */
  file(fileId: string): Promise<FileRecord | null>
  /** Files that versions have, oldest first. */
  filesOfRewrites(rewriteIds: readonly string[]): Promise<FileRecord[]>
  /**
   * Files that nobody needs: without content for an hour, or without a project for a day. They are out of everybody's
   * reach once they were answered here, and are answered again until they are removed.
   */
  filesToForget(limit: number): Promise<string[]>
  removeFile(fileId: string): Promise<void>
}
