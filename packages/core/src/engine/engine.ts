import type { TaskStatus } from '../records.ts'
import type { Actor } from './access.ts'
import { cancelTask } from './cancelTask.ts'
import { outboxBell } from './deliver.ts'
import { createTask, type CreateTaskRequest } from './createTask.ts'
import type { EngineDeps } from './deps.ts'
import { estimateTask, type StageEstimate } from './estimateTask.ts'
import { receiveOutside, type OutsideReceipt, type ReceivedMessage } from './receiveOutside.ts'
import { removeTask } from './removeTask.ts'
import { resumeTask } from './resumeTask.ts'
import { retryTask } from './retryTask.ts'
import { Worker } from './worker.ts'

/** Everything that can be done with tasks. Every call checks that the actor may see what it names. */
export type Engine = {
  create(actor: Actor, request: CreateTaskRequest): Promise<{ taskId: string }>
  estimate(actor: Actor, request: CreateTaskRequest): Promise<{ stages: StageEstimate[] }>
  cancel(actor: Actor, taskId: string): Promise<{ status: TaskStatus }>
  retry(actor: Actor, taskId: string): Promise<{ taskId: string }>
  resume(actor: Actor, taskId: string): Promise<{ taskId: string }>
  remove(actor: Actor, taskId: string): Promise<void>
  /** Follows what a processor says, once for each message id. Who may say it was looked at before. */
  receive(message: ReceivedMessage): Promise<OutsideReceipt>
  /** Begins to work on tasks in this process. */
  start(options: { nobodyElse: boolean }): Promise<void>
  /** Takes no new job, makes running text durable, hands tasks back. */
  stop(): Promise<void>
  runningCount(): number
}

export function createEngine(deps: EngineDeps): Engine {
  const worker = new Worker(deps)
  // Whichever process has a worker sends them.
  const stopRinging = deps.database.onDeliveries(() => deps.doorbell.ring(outboxBell))
  return {
    create: (actor, request) => createTask(deps, actor, request),
    estimate: (actor, request) => estimateTask(deps, actor, request),
    cancel: (actor, taskId) => cancelTask(deps, actor, taskId, (id) => worker.cancel(id)),
    retry: (actor, taskId) => retryTask(deps, actor, taskId),
    resume: (actor, taskId) => resumeTask(deps, actor, taskId),
    remove: (actor, taskId) => removeTask(deps, actor, taskId),
    receive: (message) => receiveOutside(deps, message),
    start: (options) => worker.start(options),
    stop: () => worker.stop().finally(stopRinging),
    runningCount: () => worker.runningCount(),
  }
}
