/**
 * Shares runs of `work` among callers. Guarantee: a caller's promise settles with a run that began after the call,
 * because one already under way may have read before what the caller was told of. At most one run is under way and
 * one more is due, however many call.
 */
export function shareRuns(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  let due: Promise<void> | null = null
  const start = (): Promise<void> => {
    due = null
    running = work().finally(() => {
      running = null
    })
    return running
  }
  return () => {
    if (due !== null) return due
    if (running === null) return start()
    due = running.then(start, start)
    return due
  }
}
