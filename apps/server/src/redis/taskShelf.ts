import type { KnownTask, TaskShelf } from '@stagewright/api'
import { hasEnded } from '@stagewright/core'
import { z } from 'zod'
import type { Connection } from './connection.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Longer than an answer of Redis takes, shorter than anybody notices: then the database is asked. */
const waitMs = 25

/** The view itself is what a process of the same version has written: the version is in the key. */
const shelved = z.object({
  view: z.custom<KnownTask['view']>((view) => z.object({ id: z.string(), status: z.string() }).safeParse(view).success),
  workspaceId: z.string(),
  revision: z.int(),
})

/**
 * Answers of `tasks.get` in Redis: an hour while the task runs, a day once it has ended. How old one is, is told by the
 * time that Redis still keeps it, so no two clocks are compared. Guarantee: nobody waits for Redis longer than `waitMs`,
 * and while one answer is late no other is asked for.
 */
export function createTaskShelf({ redis, isReady }: Connection, version: string): TaskShelf {
  const keyOf = (taskId: string): string => `stagewright:task:${version}:${taskId}`
  let late = 0
  const take = async (taskId: string): ReturnType<TaskShelf['take']> => {
    const key = keyOf(taskId)
    // Together, or the time could belong to an answer that has come meanwhile.
    const [[, text], [, leftMs]] = (await redis.multi().get(key).pttl(key).exec()) as [
      [unknown, unknown],
      [unknown, unknown],
    ]
    const known = typeof text === 'string' ? readKnown(text) : null
    if (known === null || known.view.id !== taskId || typeof leftMs !== 'number' || leftMs < 0) return null
    return { known, ageMs: keptMs(known) - leftMs }
  }
  return {
    async take(taskId) {
      if (!isReady() || late > 0) return null
      const taking = take(taskId).catch(() => null)
      const { promise, resolve } = Promise.withResolvers<'late'>()
      const timer = setTimeout(resolve, waitMs, 'late')
      const first = await Promise.race([taking, promise])
      clearTimeout(timer)
      if (first !== 'late') return first
      late += 1
      void taking.then(() => (late -= 1))
      return null
    },
    put(taskId, known) {
      if (!isReady() || late > 0) return
      redis.set(keyOf(taskId), JSON.stringify(known), 'PX', keptMs(known)).catch(() => {})
    },
  }
}

function keptMs({ view }: KnownTask): number {
  return hasEnded(view.status) ? dayMs : hourMs
}

function readKnown(text: string): KnownTask | null {
  try {
    return shelved.safeParse(JSON.parse(text)).data ?? null
  } catch {
    return null
  }
}
