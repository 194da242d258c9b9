import type { Job } from '../ports/queue.ts'
import type { TaskRecord } from '../records.ts'
import type { EngineDeps } from './deps.ts'

/** Gives a running task back: the next worker goes on from what is stored, and this was no crash. */
export async function handBack(deps: EngineDeps, task: TaskRecord, job: Job): Promise<void> {
  await deps.database.transaction(async (tx) => {
    const isOurs = await tx.updateTask(task.id, { attempt: task.attempt, statuses: ['running'] }, { workerId: null })
    if (isOurs) await tx.endAttempt(task.id, task.attempt, 'handedBack')
  })
  await deps.queue.release(job)
}
