import type { StageDefinition } from '../engine/definition.ts'
import type { RewriteRecord } from '../records.ts'

/** Whether a version can be looked at as a page: a long text once there is enough of it, files once they are whole. */
export function hasPreview(
  { previewFrom, readPage }: StageDefinition,
  { length, ending }: Pick<RewriteRecord, 'length' | 'ending'>,
): boolean {
  if (readPage !== undefined) return ending === 'complete'
  return previewFrom !== undefined && length >= previewFrom
}

/** Where its page is, on the server's own address. */
export function previewPath(rewriteId: string): string {
  return `/previews/${rewriteId}`
}
