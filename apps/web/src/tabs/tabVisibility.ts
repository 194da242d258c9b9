/** Whether this tab is shown, and when that changes. */
export type TabVisibility = {
  isShown(): boolean
  /** Calls at each change until the signal. */
  onChange(changed: (isShown: boolean) => void, signal: AbortSignal): void
}

export function watchTab(page: Document): TabVisibility {
  const isShown = (): boolean => page.visibilityState === 'visible'
  return {
    isShown,
    onChange: (changed, signal) => page.addEventListener('visibilitychange', () => changed(isShown()), { signal }),
  }
}

/** Resolves when the tab is in the wanted state, at once where it is already, or when the signal fires. */
export function until(wanted: 'shown' | 'hidden', tab: TabVisibility, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted || isIn(wanted, tab)) return resolve()
    const waiting = new AbortController()
    const done = (): void => {
      waiting.abort()
      resolve()
    }
    tab.onChange(() => isIn(wanted, tab) && done(), waiting.signal)
    signal.addEventListener('abort', done, { signal: waiting.signal })
  })
}

/** A signal that fires when the tab is no longer in the wanted state, or with the given one. */
export function signalWhile(wanted: 'shown' | 'hidden', tab: TabVisibility, signal: AbortSignal): AbortSignal {
  const ending = new AbortController()
  const end = (): void => ending.abort()
  if (signal.aborted || !isIn(wanted, tab)) end()
  else {
    tab.onChange(() => isIn(wanted, tab) || end(), ending.signal)
    signal.addEventListener('abort', end, { signal: ending.signal })
  }
  return ending.signal
}

const isIn = (wanted: 'shown' | 'hidden', tab: TabVisibility): boolean => tab.isShown() === (wanted === 'shown')
