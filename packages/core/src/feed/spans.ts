import type { Span } from '../records.ts'

/** The spans of a rewrite that begins with a copied text. */
export function openingSpans(attempt: number, copiedLength: number): Span[] {
  const own = { attempt, from: copiedLength }
  return copiedLength === 0 ? [own] : [{ attempt: 0, from: 0 }, own]
}

/** How much of a text that was written by attempts had been copied before the first of them. */
export function copiedLengthOf(spans: readonly Span[], length: number): number {
  return spans[0]?.attempt === 0 ? (spans[1]?.from ?? length) : 0
}

/** How much of a text of `length`, read under `attempt`, is still right: takeovers since may have cut it. */
export function keptLength(spans: readonly Span[], attempt: number, length: number): number {
  return spans.reduce((kept, span) => (span.attempt > attempt ? Math.min(kept, span.from) : kept), length)
}
