import { AppError } from '../errors.ts'
import type { TaskStatus } from '../records.ts'
import { requireTask, type Actor } from './access.ts'
import { endClaimed } from './claimTask.ts'
import type { EngineDeps } from './deps.ts'

/** Stops the task's attempt where it runs; says whether it runs in this process. */
export type StopHere = (taskId: string) => boolean

/**
 * Asks a task to stop. What is queued or waiting ends at once; what runs is told here and now, and elsewhere by its
 * flag and a ring; a worker that does not end it in time is fenced off. Cancelling a cancelled task answers with it.
 */
export async function cancelTask(
  deps: EngineDeps,
  actor: Actor,
  taskId: string,
  stopHere: StopHere,
): Promise<{ status: TaskStatus }> {
  const { task: seen } = await requireTask(deps.database, actor, taskId)
  const status = await deps.change(async (change): Promise<TaskStatus> => {
    await change.holdProject(seen.projectId)
    const task = await change.tx.task(taskId)
    if (task === null || task.status === 'cancelled') return 'cancelled'
    if (task.status === 'completed' || task.status === 'failed') {
      const message = `Task ${taskId} can no longer be cancelled: it is ${task.status}.`
      throw new AppError('task.notCancellable', message, { params: { taskId, status: task.status } })
    }
    if (task.status === 'running') {
      const eventSeq = await change.touchWorkspace(task.workspaceId)
      if (task.cancelRequestedAt === null)
        await change.tx.updateTask(taskId, {}, { cancelRequestedAt: 'now', eventSeq })
      return 'running'
    }
    await endClaimed(deps, change, task, { status: 'cancelled' })
    return 'cancelled'
  })
  if (status !== 'running') return { status }
  if (!stopHere(taskId)) deps.doorbell.ring(`task:${taskId}`)
  deps.clock.after(deps.settings.cancelGraceMs, () => {
    void endForDeadWorker(deps, seen.projectId, taskId).catch((error: unknown) => {
      deps.log.warn({ err: error, taskId }, 'A task could not be ended in place of its worker; the sweep will.')
    })
  })
  return { status }
}

/** The worker had its time (it is dead or paused): take the next attempt and end the task with the durable text. */
async function endForDeadWorker(deps: EngineDeps, projectId: string, taskId: string): Promise<void> {
  const look = await deps.database.taskLook(taskId)
  if (look?.task.status !== 'running') return
  await deps.change(async (change) => {
    await change.holdProject(projectId)
    const task = await change.tx.task(taskId)
    if (task?.status !== 'running' || task.cancelRequestedAt === null) return
    await endClaimed(deps, change, task, { status: 'cancelled' })
  })
}
