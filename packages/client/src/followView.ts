/**
 * The folded view of what is followed. Guarantees: between two reads only the newest view is kept, so a slow reader
 * costs nothing; leaving, also while waiting for a view, ends the connection.
 */
import { emptyView, type FeedView, type FollowedEvent } from '@stagewright/core'
import { abortWith } from './abortWith.ts'
import { followForever } from './followForever.ts'
import type { Following } from './following.ts'
import type { Links, StudioOptions } from './links.ts'
import { createViewFold } from './viewFold.ts'

export type ViewOptions = Pick<Following, 'subject' | 'onConnection' | 'hurry' | 'permit'> & {
  /** Each of them ends the following quietly. */
  signals: readonly (AbortSignal | undefined)[]
  /** Where to begin: what came before it is not asked for. Null: the present, and the texts that are open. */
  cursor?: string | null | undefined
  /** Told of each repair: a gap, or a hash that differs. */
  onRepair?: ((reason: string) => void) | undefined
  /** For counting and recording what came on the wire. */
  onEvent?: ((followed: FollowedEvent) => void) | undefined
}

export function followView(
  links: Links,
  options: StudioOptions,
  { signals, ...following }: ViewOptions,
): AsyncGenerator<FeedView, void> {
  const leaving = new AbortController()
  const views = readViews(links, options, { ...following, signals: [...signals, leaving.signal] })
  // A generator that waits would hear of its end only after its next value.
  const endReading = views.return.bind(views)
  views.return = (value) => {
    leaving.abort()
    return endReading(value)
  }
  return views
}

async function* readViews(
  links: Links,
  options: StudioOptions,
  { signals, cursor = null, ...following }: ViewOptions,
): AsyncGenerator<FeedView, void> {
  const { signal, abort, release } = abortWith(...signals)
  const fold = createViewFold(following.onRepair, cursor)
  const ended: { error: Error | null }[] = []
  let wake = (): void => {}
  const end = (error: Error | null): void => {
    ended.push({ error })
    wake()
  }
  const reading = followForever(links, options, {
    ...following,
    signal,
    cursor: fold.cursor,
    async take(followed) {
      following.onEvent?.(followed)
      const verdict = await fold.take(followed)
      wake()
      return verdict
    },
  })
  reading.then(
    () => end(null),
    (error: Error) => end(error),
  )
  signal.addEventListener('abort', () => wake(), { once: true })
  let shown: FeedView = emptyView
  try {
    while (!signal.aborted) {
      const newest = fold.view()
      if (newest !== shown && newest !== emptyView) {
        shown = newest
        yield newest
      } else if (ended[0] !== undefined) {
        if (ended[0].error === null) return
        throw ended[0].error
      } else await new Promise<void>((resolve) => (wake = resolve))
    }
  } finally {
    abort()
    release()
  }
}
