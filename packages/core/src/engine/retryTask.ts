import { AppError } from '../errors.ts'
import { requireTask, type Actor } from './access.ts'
import { insertTask } from './createTask.ts'
import type { EngineDeps } from './deps.ts'
import { stagesLeft } from './stagesLeft.ts'

/**
 * A new task for the stages an ended one did not finish, with its instruction and its texts. While such a task is alive
 * it is the answer to every further retry: pressing twice starts nothing twice.
 */
export async function retryTask(deps: EngineDeps, actor: Actor, taskId: string): Promise<{ taskId: string }> {
  const { task: seen } = await requireTask(deps.database, actor, taskId)
  return deps.change(async (change) => {
    const project = await change.touchProject(seen.projectId)
    const task = await change.tx.task(taskId)
    if (task === null || (task.status !== 'failed' && task.status !== 'cancelled')) {
      const status = task?.status ?? 'gone'
      const message = `Task ${taskId} is ${status}: only a failed or cancelled task can be retried.`
      throw new AppError('task.notRetryable', message, { params: { taskId, status } })
    }
    const alive = (await change.tx.liveTasksOf(project.id)).find((other) => other.retryOf === taskId)
    if (alive !== undefined) return { taskId: alive.id }
    const stages = await stagesLeft(change.tx, task)
    const input = Object.fromEntries(Object.entries(task.inputs).filter(([key]) => stages.includes(key)))
    const request = {
      projectId: project.id,
      stages,
      input,
      model: task.model ?? undefined,
      // The instruction was for the first stage of the original; done, it has been followed.
      instruction: stages[0] === task.stages[0] ? (task.instruction ?? undefined) : undefined,
      part: task.part ?? undefined,
      continueFrom: task.continueFrom ?? undefined,
      reviewEach: task.reviewEach,
    }
    return insertTask(deps, change, { actor, project, request, requestHash: task.requestHash, retryOf: taskId })
  })
}
