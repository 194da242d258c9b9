import type { Hint } from '@stagewright/client'

/** Resolves at the next sign that coming back at once is worth a try: the network, the page, or the tab is back. */
export function comeBackHints(signal: AbortSignal): Promise<Hint> {
  return new Promise((resolve) => {
    const told = new AbortController()
    const stop = (): void => told.abort()
    const tell = (hint: Hint): void => {
      if (document.visibilityState !== 'visible' && hint === 'shown') return
      stop()
      resolve(hint)
    }
    const until = { signal: told.signal }
    signal.addEventListener('abort', stop, until)
    window.addEventListener('online', () => tell('network'), until)
    // A page that was kept aside comes back with connections that are not.
    window.addEventListener('pageshow', ({ persisted }) => tell(persisted ? 'network' : 'shown'), until)
    document.addEventListener('visibilitychange', () => tell('shown'), until)
  })
}
