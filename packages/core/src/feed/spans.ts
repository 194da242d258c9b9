import type { Span } from '../records.ts'

/** How much of a text of `length`, read under `attempt`, is still right: takeovers since may have cut it. */
export function keptLength(spans: readonly Span[], attempt: number, length: number): number {
  return spans.reduce((kept, span) => (span.attempt > attempt ? Math.min(kept, span.from) : kept), length)
}
