import { DatabaseUnavailable, type SweepRow } from '../ports.ts'
import { endClaimed } from './claimTask.ts'
import { decideSweep, type SweepDecision } from './decideSweep.ts'
import type { EngineDeps } from './deps.ts'

/** Looks at every task that should be alive and mends what lost its job or its time. Safe to run anywhere, any time. */
export async function sweep(deps: EngineDeps): Promise<void> {
  const rows = await deps.database.sweepRows()
  for (const row of rows) {
    const decision = decideSweep(row, deps.settings)
    if (decision.type === 'leave') continue
    try {
      await apply(deps, row, decision)
    } catch (error) {
      // One task that can't be mended must not keep the others from it.
      if (error instanceof DatabaseUnavailable) throw error
      deps.log.error({ err: error, taskId: row.id }, 'The sweep could not mend a task; it will try again.')
    }
  }
}

async function apply(
  deps: EngineDeps,
  row: SweepRow,
  decision: Exclude<SweepDecision, { type: 'leave' }>,
): Promise<void> {
  if (decision.type === 'sendJob') {
    await deps.database.transaction((tx) => tx.sendJob({ taskId: row.id, projectId: row.projectId }))
    return
  }
  await deps.change(async (change) => {
    await change.holdProject(row.projectId)
    const task = await change.tx.task(row.id)
    if (task === null || task.status !== row.status) return
    await endClaimed(deps, change, task, decision.end)
  })
}
