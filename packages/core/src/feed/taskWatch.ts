import { notFound } from '../errors.ts'
import type { Database } from '../ports/database.ts'
import { hasEnded, type RewriteRecord, type TaskRecord } from '../records.ts'
import type { EndEvent } from './events.ts'
import { shareRuns } from './shareRuns.ts'

/** A task and its rewrites as of a project's revision, read once for all that follow the task. */
export class TaskWatch {
  readonly taskId: string
  readonly #database: Pick<Database, 'taskWithRewrites'>
  readonly #read: () => Promise<void>
  /** The project's revision it is at least as new as. */
  revision = -1
  rewrites: RewriteRecord[] = []
  /** The last event of who follows the task; null while it lives. */
  end: EndEvent | null = null
  isGone = false

  constructor(taskId: string, database: Pick<Database, 'taskWithRewrites'>) {
    this.taskId = taskId
    this.#database = database
    this.#read = shareRuns(() => this.#readNow())
  }

  /** Reads again when the project is at a newer revision than this was read at. Throws notFound. */
  async renew(revision: number): Promise<void> {
    if (this.revision < revision) {
      await this.#read()
      // What was read after the revision was seen is at least as new as it.
      this.revision = Math.max(this.revision, revision)
    }
    if (this.isGone) throw notFound('task', this.taskId)
  }

  async #readNow(): Promise<void> {
    const look = await this.#database.taskWithRewrites(this.taskId)
    this.isGone = look === null || look.task.removedAt !== null
    if (look === null) return
    this.rewrites = look.rewrites
    if (hasEnded(look.task.status)) this.end = describeEnd(look.task, look.rewrites)
  }
}

function describeEnd(task: TaskRecord, rewrites: readonly RewriteRecord[]): EndEvent {
  return {
    type: 'end',
    taskId: task.id,
    status: endedStatus(task),
    failure: task.failure,
    rewrites: rewrites.flatMap(({ id, no, stageKey, length, ending }) =>
      ending === null ? [] : [{ rewriteId: id, rewriteNo: no, stage: stageKey, length, ending }],
    ),
    usage: { promptTokens: task.promptTokens, completionTokens: task.completionTokens, estimated: task.usageEstimated },
  }
}

function endedStatus(task: TaskRecord): EndEvent['status'] {
  if (hasEnded(task.status)) return task.status
  throw new Error(`Task ${task.id} is ${task.status}: it has not ended.`)
}
