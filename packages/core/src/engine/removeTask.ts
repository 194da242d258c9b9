import { AppError } from '../errors.ts'
import { hasEnded } from '../records.ts'
import { requireTask, type Actor } from './access.ts'
import type { EngineDeps } from './deps.ts'

/** Takes an ended task out of every list. Its rewrites stay. */
export async function removeTask(deps: EngineDeps, actor: Actor, taskId: string): Promise<void> {
  const { task: seen } = await requireTask(deps.database, actor, taskId)
  await deps.change(async (change) => {
    await change.touchProject(seen.projectId)
    const task = await change.tx.task(taskId)
    if (task === null) return
    if (!hasEnded(task.status)) {
      const message = `Task ${taskId} is ${task.status}: cancel it first, or wait for its end.`
      throw new AppError('task.notEnded', message, { params: { taskId, status: task.status } })
    }
    const eventSeq = await change.touchWorkspace(task.workspaceId)
    await change.tx.updateTask(taskId, {}, { removedAt: 'now', eventSeq })
  })
}
