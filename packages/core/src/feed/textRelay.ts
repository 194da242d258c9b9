/**
 * Carries live text between processes before it is stored. It is an accelerator and nothing depends on it: what it
 * loses, delays or repeats is made up from what is stored.
 */
import type { Figures } from './events.ts'

/** Text of one attempt: what an older one still says can't be taken for it. */
export type TextSource = { rewriteId: string; attempt: number }

/** Offsets in UTF-16 code units from the start of the rewrite. */
export type RelayedPiece = { type: 'text'; offset: number; text: string } | { type: 'figures'; figures: Figures }

export interface TextRelay {
  /** Never waits and never throws; a relay that is away drops it. */
  publish(source: TextSource, piece: RelayedPiece): void
  /** Calls `listener` with what other processes publish from about now on. Returns the way to stop; it must not throw. */
  subscribe(source: TextSource, listener: (piece: RelayedPiece) => void): () => void
}
