import type { Tx } from '../ports.ts'
import type { TaskRecord, TaskStageRecord } from '../records.ts'

/** The stages of the task that are not done yet, in order. */
export async function stagesLeft(tx: Tx, task: TaskRecord): Promise<string[]> {
  if (task.attempt === 0) return task.stages
  return leftOf(task, await tx.taskStages(task.id))
}

export function leftOf(task: TaskRecord, runs: readonly TaskStageRecord[]): string[] {
  return task.stages.filter((key) => runs.find((run) => run.key === key)?.status !== 'done')
}
