/** Gives a lock back. */
export type Release = () => void

/**
 * Holds a lock that all tabs of the browser share. Without waiting: null when another tab has it; else null when the
 * signal fired first. A tab that is closed or crashes gives all of its locks back.
 */
export function holdLock(
  locks: LockManager,
  name: string,
  options: { ifAvailable: true } | { signal: AbortSignal },
): Promise<Release | null> {
  return new Promise((resolve) => {
    const hold = (lock: Lock | null): Promise<void> | null => {
      if (lock !== null) return new Promise<void>((release) => resolve(release))
      resolve(null)
      return null
    }
    // Refused only by the signal, or by a page that is going away.
    locks.request(name, options, hold).catch(() => resolve(null))
  })
}
