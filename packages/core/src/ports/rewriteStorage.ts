import type { Ending, RewriteRecord } from '../records.ts'
import type { MadeOutside } from './outsideStorage.ts'

/** Chunks of text to make durable, one row a stream. */
export type ChunkWrite = { rewriteId: string; attempt: number; offset: number; text: string }
/** A stream whose row was still the writer's own. Streams not answered are lost to a newer attempt or closed. */
export type ChunkWritten = { rewriteId: string; cancelRequested: boolean }

/** A rewrite's head and its stored text from an offset on, read in one statement. */
export type StoredText = { rewrite: RewriteRecord; from: number; text: string }

/** A text somebody has had made already, with the title of its project. */
export type MadeText = { rewrite: RewriteRecord; title: string }

/** What a transaction does with rewrites and their texts. */
export interface RewriteTx {
  rewrite(rewriteId: string): Promise<RewriteRecord | null>
  /** The stored text, open or closed; null when there is no such rewrite. */
  storedText(rewriteId: string): Promise<string | null>
  openRewriteOf(projectId: string): Promise<RewriteRecord | null>
  /** Instructions of the rewrites that led to this one, following `baseRewriteId`, oldest first. */
  instructionsUpTo(rewriteId: string): Promise<string[]>
  /** Adds an open rewrite, its number given. It begins with a copied text, which is final, or with none. */
  insertOpenRewrite(
    rewrite: Pick<
      RewriteRecord,
      | 'id'
      | 'projectId'
      | 'stageKey'
      | 'no'
      | 'kind'
      | 'taskId'
      | 'attempt'
      | 'inputRewriteId'
      | 'baseRewriteId'
      | 'instruction'
      | 'createdBy'
    > & { copied?: { text: string; checkpoint: unknown } },
  ): Promise<void>
  /** Adds a rewrite that is closed from the start, with its whole text. Without `made` it is complete and no task's. */
  insertClosedRewrite(
    rewrite: Pick<
      RewriteRecord,
      | 'id'
      | 'projectId'
      | 'stageKey'
      | 'no'
      | 'kind'
      | 'inputRewriteId'
      | 'baseRewriteId'
      | 'instruction'
      | 'createdBy'
      | 'summary'
    > & { text: string; sha256: string; made?: MadeOutside },
  ): Promise<void>
  /**
   * Moves the fence: the row now belongs to `attempt`, text from `keepUpTo` on is gone, the span is recorded and
   * the checkpoint kept. Locks the row, so a late chunk of an older attempt either came before or changes nothing.
   */
  takeOverRewrite(rewriteId: string, takeover: { attempt: number; keepUpTo: number }): Promise<void>
  /** Fenced: false when the row belongs to another attempt, is closed, or its length is not `length`. */
  setCheckpoint(rewriteId: string, fence: { attempt: number; length: number }, content: unknown): Promise<boolean>
  /**
   * Closes the rewrite: its chunks become one text. Fenced by attempt and length; false when the fence refuses.
   * `text` must be the whole text and `sha256` its hash.
   */
  closeRewrite(
    rewriteId: string,
    fence: { attempt: number; length: number },
    closing: {
      ending: Ending
      text: string
      sha256: string
      summary: string | null
      promptTokens: number | null
      completionTokens: number | null
      /** What it was made from, see {@link RewriteStorage.madeText}; null when nobody may take it for the same again. */
      fingerprint?: string | null
    },
  ): Promise<boolean>
}

/** Rewrites, and the texts that are being written. */
export interface RewriteStorage {
  versions(projectId: string, stageKey: string): Promise<RewriteRecord[]>
  /** Head and text from `from` on (code units); null when there is no such rewrite. */
  storedTextFrom(rewriteId: string, from: number): Promise<StoredText | null>
  rewriteByNo(projectId: string, no: number): Promise<RewriteRecord | null>
  /** The newest whole text with this fingerprint in a project of the workspace that is not removed. */
  madeText(workspaceId: string, fingerprint: string): Promise<MadeText | null>

  /** Makes chunks durable: one statement for all streams. The fence is the lock on each rewrite's row. */
  appendChunks(writes: readonly ChunkWrite[]): Promise<ChunkWritten[]>
}
