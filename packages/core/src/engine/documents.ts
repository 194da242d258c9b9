import type { Segment } from '../ports/files.ts'
import type { ProjectRecord } from '../records.ts'

/** A file that a stage left with its rewrite. `bytes`: its size. */
export type DeliveredFile = { id: string; name: string; bytes: number }

export type Delivery = {
  project: Pick<ProjectRecord, 'id' | 'workspaceId' | 'createdBy'>
  /** The version it is the file of, and the fencing token of its writer. */
  rewriteId: string
  attempt: number
  /** The document that is written again. */
  fileId: string
  /** Stands in its name between the name and the ending: "Report.de.docx". */
  suffix: string
  targets: ReadonlyMap<number, string>
}

/** What stages do with the documents of their project. */
export interface Documents {
  /** Throws AppError 'notFound' when the file is not the project's, or 'file.unreadable'. */
  readSegments(project: Pick<ProjectRecord, 'id'>, fileId: string, signal: AbortSignal): AsyncIterable<Segment>
  /** Writes it again with `targets` and keeps it with the rewrite. Null when that belongs to a newer attempt. */
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveredFile | null>
}
