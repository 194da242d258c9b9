import type { DeliveredFile, Delivery } from '../engine/documents.ts'
import { notFound } from '../errors.ts'
import type { DocumentFormat, Segment } from '../ports.ts'
import type { FileRecord, ProjectRecord } from '../records.ts'
import { collect, measure } from './content.ts'
import { discardFile, type FileDeps } from './deps.ts'
import { deliveredFormat, deliveredName } from './fileNames.ts'
import { mediaTypes } from './mediaTypes.ts'

type Named = { project: Pick<ProjectRecord, 'id'>; fileId: string }
type Document = FileRecord & { format: DocumentFormat }

export async function* readSegments(deps: FileDeps, named: Named, signal: AbortSignal): AsyncGenerator<Segment, void> {
  const { format } = await requireDocument(deps, named)
  const content = await collect(deps.store.read(named.fileId))
  yield* deps.documents.readSegments({ format, content }, signal)
}

/** Its row first, then its content, then, in one transaction under the fence, its place with the rewrite. */
export async function deliver(deps: FileDeps, delivery: Delivery, signal: AbortSignal): Promise<DeliveredFile | null> {
  const { database, crypto } = deps
  const { workspaceId, createdBy } = delivery.project
  const source = await requireDocument(deps, delivery)
  const id = crypto.newId()
  const name = deliveredName(source.name, delivery.suffix, source.format)
  const mediaType = mediaTypes[deliveredFormat(source.format)]
  await database.insertFile({ id, workspaceId, createdBy, name, mediaType })
  try {
    const written = await writeDocument(deps, { id, source, delivery }, signal)
    const older = await bind(deps, delivery, { id, mediaType, format: deliveredFormat(source.format), ...written })
    for (const left of older ?? [id]) await discardFile(deps, left)
    return older && { id, name, bytes: written.bytes }
  } catch (error) {
    await discardUnlessBound(deps, id)
    throw error
  }
}

async function requireDocument({ database }: FileDeps, { project, fileId }: Named): Promise<Document> {
  const file = await database.file(fileId)
  const isTheirs = file !== null && file.projectId === project.id && file.storedAt !== null
  if (!isTheirs || file.format === null) throw notFound('file', fileId)
  return { ...file, format: file.format }
}

type Writing = { id: string; source: Document; delivery: Delivery }

async function writeDocument(
  { store, documents, crypto }: FileDeps,
  { id, source, delivery }: Writing,
  signal: AbortSignal,
): Promise<{ bytes: number; sha256: string }> {
  const content = await collect(store.read(source.id))
  const document = { format: source.format, content, targets: delivery.targets }
  const measured = measure(documents.write(document, signal), { hash: crypto.hashBytes(), signal })
  await store.write(id, measured.pieces)
  return measured.result()
}

type Written = { id: string; format: DocumentFormat; mediaType: string; bytes: number; sha256: string }

/** The files whose place it takes; null when the rewrite is closed, or is another attempt's. */
function bind(deps: FileDeps, { project, rewriteId, attempt }: Delivery, { id, ...facts }: Written) {
  return deps.change(async (change) => {
    // Whoever takes the rewrite over holds the project's row first.
    if ((await change.holdProject(project.id)) === null) return null
    const rewrite = await change.tx.rewrite(rewriteId)
    if (rewrite === null || rewrite.projectId !== project.id) return null
    if (rewrite.closedAt !== null || rewrite.attempt !== attempt) return null
    const older = await change.tx.releaseFilesOf(rewriteId)
    const isStored = await change.tx.markFileStored(id, { ...facts, projectId: project.id, rewriteId })
    if (!isStored) throw new Error(`File ${id} was written too slowly, and may be forgotten already.`)
    return older
  })
}

/** The transaction may be stored while its answer was lost: then the file is the rewrite's. */
async function discardUnlessBound(deps: FileDeps, id: string): Promise<void> {
  const file = await deps.database.file(id).catch(() => null)
  if (file !== null && file.storedAt === null) await discardFile(deps, id)
}
