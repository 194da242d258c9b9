import { endedStatuses, type Database, type Tx } from '@stagewright/core'
import type { Instruments } from './instruments.ts'

type Counted = { status: string; code: string } | 'created'

/** The storage with tasks counted that its transactions make and end: when they have committed, and only then. */
export function watchTasks(
  database: Database,
  { tasksCreated, tasksEnded }: Pick<Instruments, 'tasksCreated' | 'tasksEnded'>,
): Database {
  return {
    ...database,
    async transaction(work) {
      let counted: Counted[] = []
      const result = await database.transaction((tx) => {
        // A transaction that is run again has done nothing before.
        counted = []
        return work(watchTransaction(tx, (task) => counted.push(task)))
      })
      for (const task of counted) {
        if (task === 'created') tasksCreated.inc()
        else tasksEnded.inc(task)
      }
      return result
    },
  }
}

function watchTransaction(tx: Tx, count: (task: Counted) => void): Tx {
  return {
    ...tx,
    async insertTask(task) {
      await tx.insertTask(task)
      count('created')
    },
    async updateTask(taskId, where, patch) {
      const isChanged = await tx.updateTask(taskId, where, patch)
      const { status, failure } = patch
      if (isChanged && status !== undefined && isEnded(status)) count({ status, code: failure?.code ?? '' })
      return isChanged
    },
  }
}

function isEnded(status: string): boolean {
  return (endedStatuses as readonly string[]).includes(status)
}
