import { emptyView, foldEvent, isGap, verifyText, type FeedView, type FollowedEvent } from '@stagewright/core'
import type { Verdict } from './following.ts'

/** A view and its place in the feed. */
export type ViewFold = {
  view(): FeedView
  cursor(): string | null
  /** Folds the event in. Says `again` when it can't be: then what follows the cursor has to be asked for anew. */
  take(followed: FollowedEvent): Promise<Verdict>
}

/**
 * Folds events into a view that never shows a gap, nor a finished text that differs from the stored one: a gap is asked
 * for again from where the view stands, and everything anew when that brings the same; so is a text with a wrong hash,
 * once. `onRepair` is told of each.
 */
export function createViewFold(onRepair: ((reason: string) => void) | undefined, from: string | null = null): ViewFold {
  const mended = new Set<number>()
  let view = emptyView
  let cursor = from
  let gapsInARow = 0
  const startOver = (): void => {
    view = emptyView
    cursor = null
  }
  return {
    view: () => view,
    cursor: () => cursor,
    async take(followed) {
      const folded = foldEvent(view, followed.event)
      if (isGap(folded)) {
        onRepair?.(folded.gap)
        if (++gapsInARow > 1) startOver()
        return 'again'
      }
      const wrong = await findWrongText(folded, followed.event)
      if (wrong !== null) {
        onRepair?.(`The hash of rewrite ${wrong} differs from the stored one.`)
        // What is wrong again after everything came anew would be wrong for ever.
        if (!mended.has(wrong)) {
          mended.add(wrong)
          startOver()
          return 'again'
        }
      }
      gapsInARow = 0
      view = folded
      cursor = followed.cursor
      return folded.end === null ? 'goOn' : 'done'
    },
  }
}

/** The number of the text that this event closed with a hash it does not have; null where all is well or can't be known. */
async function findWrongText({ texts }: FeedView, event: FollowedEvent['event']): Promise<number | null> {
  // Browsers hash in secure contexts only.
  const hashing = globalThis.crypto?.subtle as SubtleCrypto | undefined
  const no = closedBy(event)
  if (no === null || hashing === undefined) return null
  const text = texts.get(no)
  if (text === undefined || text.closed === null) return null
  const sha256 = async (whole: string): Promise<string> =>
    Array.from(new Uint8Array(await hashing.digest('SHA-256', new TextEncoder().encode(whole))), (byte) =>
      byte.toString(16).padStart(2, '0'),
    ).join('')
  return (await verifyText(text, sha256)) ? null : no
}

function closedBy(event: FollowedEvent['event']): number | null {
  if (!('type' in event)) return null
  if (event.type === 'closed') return event.rewriteNo
  return event.type === 'open' && event.closed !== null ? event.rewriteNo : null
}
