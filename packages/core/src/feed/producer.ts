import type { RewriteRecord } from '../records.ts'
import type { ClosedFact, Figures } from './events.ts'

/** How the engine shows live text to the viewers of this process. All calls are cheap and never wait. */
export interface LiveText {
  /** Adds text at the end, already normalised. Shown to viewers at once; durable later. */
  append(text: string): void
  /** Renews the figures; they are sent with the next frame. */
  show(figures: Figures): void
  /** The closing transaction has committed. */
  close(closed: ClosedFact): void
  /** This worker no longer owns the text (fenced, handed back): viewers go on from what is stored. */
  abandon(): void
}

/** The engine's side of the feed. */
export interface FeedPublisher {
  /**
   * A rewrite begins, or goes on under a new attempt, in this process. `keptText` is all the text it has so far.
   * Call after the transaction that opened it (or took it over) has committed.
   */
  startText(rewrite: RewriteRecord, keptText: string): LiveText
  /** Something of the project changed and has committed. Viewers look again. */
  projectChanged(projectId: string): void
  workspaceChanged(workspaceId: string): void
  /** More of these rewrites has become durable (what other processes, and viewers without the live tail, go by). */
  textStored(rewriteIds: readonly string[]): void
}
