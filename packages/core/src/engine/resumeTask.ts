import { AppError } from '../errors.ts'
import { requireTask, type Actor } from './access.ts'
import type { EngineDeps } from './deps.ts'
import { stagesLeft } from './stagesLeft.ts'

/** Lets a task that waits for a review run on: queued again, its clock going on when it is claimed. */
export async function resumeTask(deps: EngineDeps, actor: Actor, taskId: string): Promise<{ taskId: string }> {
  const { task: seen } = await requireTask(deps.database, actor, taskId)
  return deps.change(async (change) => {
    const project = await change.touchProject(seen.projectId)
    const task = await change.tx.task(taskId)
    if (task === null || task.status !== 'waiting' || task.outside !== null) {
      const status = task?.status ?? 'gone'
      const what = task?.outside == null ? status : 'waiting for an outside processor'
      const message = `Task ${taskId} is ${what}: only a task that waits for a review can be resumed.`
      throw new AppError('task.notWaiting', message, { params: { taskId, status } })
    }
    const eventSeq = await change.touchWorkspace(task.workspaceId)
    await change.tx.updateTask(taskId, {}, { status: 'queued', eventSeq })
    const left = await stagesLeft(change.tx, task)
    for (const stage of await change.tx.stages(project.id)) {
      if (!left.includes(stage.key) || stage.status === 'running') continue
      await change.tx.updateStage(project.id, stage.key, { status: 'queued' })
    }
    await change.tx.sendJob({ taskId, projectId: project.id })
    return { taskId }
  })
}
