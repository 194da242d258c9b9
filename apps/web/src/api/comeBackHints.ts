/** Resolves at the next sign that coming back at once is worth a try: the network, the page, or the tab is back. */
export function comeBackHints(): Promise<void> {
  return new Promise((resolve) => {
    const told = new AbortController()
    const tell = (): void => {
      if (document.visibilityState !== 'visible') return
      told.abort()
      resolve()
    }
    window.addEventListener('online', tell, { signal: told.signal })
    window.addEventListener('pageshow', tell, { signal: told.signal })
    document.addEventListener('visibilitychange', tell, { signal: told.signal })
  })
}
