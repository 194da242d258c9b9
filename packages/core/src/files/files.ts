import type { Actor } from '../engine/access.ts'
import type { Documents } from '../engine/documents.ts'
import { notFound } from '../errors.ts'
import { fileLimitBytes, type Database, type DocumentFormat } from '../ports.ts'
import type { FileRecord } from '../records.ts'
import { collect, fileTooLarge, measure } from './content.ts'
import { deliver, readSegments } from './delivery.ts'
import { discardFile, type FileDeps } from './deps.ts'
import { cleanFileName } from './fileNames.ts'
import { mediaTypes, unknownMediaType } from './mediaTypes.ts'

/** A file as people are shown it. */
export type FileView = { id: string; name: string; mediaType: string; format: DocumentFormat | null; bytes: number }

export type Upload = {
  name: string
  content: AsyncIterable<Uint8Array>
  /** Aborted when the rest of it will not come. */
  signal: AbortSignal
  /** What its sender says of its size. */
  announcedBytes?: number
}

export type Files = Documents & {
  /**
   * Takes a document into the actor's own workspace. Throws AppError 'file.tooLarge' (given?, allowed),
   * 'file.typeUnknown' or 'file.unreadable', and leaves nothing behind then.
   */
  upload(actor: Actor, upload: Upload): Promise<FileView>
  /** Throws AppError 'notFound' for what the actor may not see. */
  find(actor: Actor, fileId: string): Promise<FileView>
  /** The same with its content, which must be read or returned. */
  open(actor: Actor, fileId: string): Promise<{ file: FileView; content: AsyncIterable<Uint8Array> }>
}

export function createFiles(deps: FileDeps): Files {
  return {
    upload: (actor, upload) => uploadFile(deps, actor, upload),
    find: (actor, fileId) => findFile(deps.database, actor, fileId),
    async open(actor, fileId) {
      const file = await findFile(deps.database, actor, fileId)
      return { file, content: deps.store.read(file.id) }
    },
    readSegments: (project, fileId, signal) => readSegments(deps, { project, fileId }, signal),
    deliver: (delivery, signal) => deliver(deps, delivery, signal),
  }
}

async function uploadFile(deps: FileDeps, actor: Actor, upload: Upload): Promise<FileView> {
  const { database, crypto } = deps
  const { announcedBytes: given } = upload
  if (given !== undefined && given > fileLimitBytes) throw fileTooLarge({ given, allowed: fileLimitBytes })
  const [workspaceId] = await database.workspacesOf(actor.userId)
  if (workspaceId === undefined) throw notFound('workspace', 'of your own')
  const id = crypto.newId()
  const name = cleanFileName(upload.name)
  await database.insertFile({ id, workspaceId, createdBy: actor.userId, name, mediaType: unknownMediaType })
  try {
    return await storeUpload(deps, { id, name }, upload)
  } catch (error) {
    await discardFile(deps, id)
    throw error
  }
}

async function storeUpload(
  { database, store, documents, crypto }: FileDeps,
  { id, name }: { id: string; name: string },
  { content, signal }: Upload,
): Promise<FileView> {
  const measured = measure(content, { hash: crypto.hashBytes(), signal, limitBytes: fileLimitBytes })
  await store.write(id, measured.pieces)
  const format = await documents.inspect({ name, content: await collect(store.read(id)) })
  signal.throwIfAborted()
  const facts = { format, mediaType: mediaTypes[format], ...measured.result() }
  const isStored = await database.transaction((tx) =>
    tx.markFileStored(id, { ...facts, projectId: null, rewriteId: null }),
  )
  if (!isStored) throw new Error(`File ${id} came too slowly, and may be forgotten already.`)
  return { id, name, mediaType: facts.mediaType, format, bytes: facts.bytes }
}

async function findFile(database: Database, actor: Actor, fileId: string): Promise<FileView> {
  const file = await database.file(fileId)
  if (file === null || !(await mayBeSeen(database, actor, file))) throw notFound('file', fileId)
  const { id, name, mediaType, format, bytes } = file
  return { id, name, mediaType, format, bytes: bytes ?? 0 }
}

async function mayBeSeen(database: Database, actor: Actor, file: FileRecord): Promise<boolean> {
  if (file.storedAt === null) return false
  if (!(await database.isMember(actor.userId, file.workspaceId))) return false
  // A version's file without a project is what is left of one that is gone.
  if (file.projectId === null) return file.rewriteId === null
  const project = await database.projectHead(file.projectId)
  return project !== null && project.removedAt === null
}
