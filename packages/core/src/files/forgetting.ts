/**
 * What is forgotten with time: files that nobody needs, contents before rows, and projects that were removed long ago.
 * Guarantee: once `stop()` has resolved nothing of it runs any more; what failed is done at the next turn.
 *
 *   idle -> started (a turn, a pause, a turn, …) -> stopped
 */
import type { Clock } from '../ports.ts'
import type { FileDeps } from './deps.ts'

const hourMs = 60 * 60_000
/** How long a removed project can be had back. */
export const removedForMs = 7 * 24 * hourMs
/** Few enough that no statement is long, many enough that an hour is enough for all there is. */
const filesAtOnce = 200
const projectsAtOnce = 10

export type ForgettingDeps = Pick<FileDeps, 'database' | 'store' | 'log'> & {
  clock: Clock
  everyMs?: number | undefined
}

export type Forgetting = { start(): void; stop(): Promise<void> }

export function createForgetting(deps: ForgettingDeps): Forgetting {
  const { clock, log, everyMs = hourMs } = deps
  const ending = new AbortController()
  const { signal } = ending
  let turn: Promise<void> = Promise.resolve()
  let cancel = (): void => {}
  const run = async (): Promise<void> => {
    try {
      await purgeProjects(deps, signal)
      await forgetFiles(deps, signal)
    } catch (error) {
      log.warn({ err: error }, 'What is no longer needed could not be removed; trying again.')
    }
  }
  const wait = (): void => {
    cancel = clock.after(everyMs, () => {
      turn = run().finally(() => {
        if (!signal.aborted) wait()
      })
    })
  }
  return {
    start: wait,
    async stop() {
      ending.abort()
      cancel()
      await turn
    },
  }
}

/** A content that cannot be removed keeps its row, and the others from nothing. Throws when the database is away. */
export async function forgetFiles({ database, store, log }: ForgettingDeps, signal: AbortSignal): Promise<void> {
  let failed = 0
  while (failed === 0 && !signal.aborted) {
    const fileIds = await database.filesToForget(filesAtOnce)
    for (const fileId of fileIds) {
      if (signal.aborted) return
      const isGone = await store.remove(fileId).then(
        () => true,
        (error: unknown) => {
          log.warn({ err: error, fileId }, 'The content of a file could not be removed; trying again.')
          return false
        },
      )
      if (isGone) await database.removeFile(fileId)
      else failed++
    }
    if (fileIds.length < filesAtOnce) return
  }
}

/** Their files are left without a project, and forgotten with the others. */
export async function purgeProjects({ database, log }: ForgettingDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const purged = await database.purgeProjects(removedForMs, projectsAtOnce)
    if (purged > 0) log.info({ purged }, 'Projects that were removed a week ago are deleted for good.')
    if (purged < projectsAtOnce) return
  }
}
