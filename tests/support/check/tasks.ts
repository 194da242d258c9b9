import type { Run } from './run.ts'
import type { RunRows, TaskRow } from '../runRows.ts'

const terminal = ['completed', 'failed', 'cancelled']

/** I1: each task is in exactly one terminal state, with all that belongs to it. I5: nothing acknowledged is missing. */
export function checkTasks({ rows, taskIds, viewers }: Run): string[] {
  const present = new Set(rows.tasks.map((task) => task.id))
  const missing = taskIds
    .filter((taskId) => !present.has(taskId))
    .map((taskId) => `I5 task ${taskId} was acknowledged and is not there`)
  const ends = viewers.flatMap((viewer) => {
    const seen = viewer.connections
      .flat()
      .flatMap(({ event }) => ('type' in event && event.type === 'end' ? [event] : []))
    const status = rows.tasks.find((task) => task.id === viewer.taskId)?.status
    if (seen.length !== 1) return [`I1 viewer ${viewer.name} of task ${viewer.taskId} saw ${seen.length} ends`]
    if (seen[0]!.status !== status)
      return [`I1 viewer ${viewer.name} saw task ${viewer.taskId} end as ${seen[0]!.status}; it is ${status}`]
    return []
  })
  return [...missing, ...rows.tasks.flatMap((task) => checkTask(rows, task)), ...ends]
}

function checkTask(rows: RunRows, task: TaskRow): string[] {
  const found: string[] = []
  const note = (words: string): void => void found.push(`I1 task ${task.id} ${words}`)
  if (!terminal.includes(task.status)) note(`has not ended: it is ${task.status}`)
  if (task.endedAt === null) note('has no time of its end')
  const attempts = rows.attempts.filter((attempt) => attempt.taskId === task.id)
  for (const attempt of attempts)
    if (attempt.outcome === null) note(`has an attempt ${attempt.attempt} without an outcome`)
  const endings = attempts.filter((attempt) => terminal.includes(attempt.outcome ?? ''))
  if (attempts.length > 0 && endings.length !== 1) note(`was ended by ${endings.length} attempts`)
  if (endings[0] !== undefined && endings[0].outcome !== task.status)
    note(`is ${task.status}, its last attempt ${endings[0].outcome}`)
  for (const rewrite of rows.rewrites.filter((each) => each.taskId === task.id))
    if (rewrite.ending === null) note(`left rewrite ${rewrite.id} open`)
  const stages = rows.taskStages.filter((stage) => stage.taskId === task.id)
  if (task.status === 'completed' && stages.some((stage) => stage.status !== 'done'))
    note('is completed, and not all its stages are done')
  if (stages.some((stage) => stage.status === 'running')) note('has a stage that is still running')
  return found
}
