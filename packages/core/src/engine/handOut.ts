/**
 * Handing a stage to an outside processor. One transaction: the task waits, the outside task is remembered, and its job
 * stands among the messages to be sent. Nothing is sent here: whoever brings messages sends it under one id, as often as
 * it takes, so neither a crash nor a repeat makes a second outside task.
 */
import type { ActiveProcessor } from '../ports.ts'
import type { Job } from '../ports/queue.ts'
import { announce } from './announce.ts'
import { openOf, planRewrite, readMaterial, type Beginning, type Standing } from './beginStage.ts'
import type { Change } from './change.ts'
import type { EngineDeps } from './deps.ts'
import { wakeWaiting } from './endTask.ts'

/** The processor that the stage is set to. Null where there is none, or where the task has begun the stage here already. */
export function processorFor(standing: Standing, taskId: string, stageKey: string): ActiveProcessor | null {
  const open = openOf(standing)
  if (open !== null && open.taskId === taskId && open.stageKey === stageKey) return null
  return standing.processors.find((processor) => processor.stage === stageKey) ?? null
}

type HandingOut = { beginning: Beginning; processor: ActiveProcessor; job: Job }

/** The task runs under its attempt, and its project's row is held. Throws AppError where the stage can't begin. */
export async function handOut(deps: EngineDeps, change: Change, { beginning, processor, job }: HandingOut) {
  const { tx } = change
  const { task, project, stageKey } = beginning
  const { origin, copied, part } = await planRewrite(tx, beginning)
  const material = await readMaterial(tx, beginning, origin)
  const outsideId = deps.crypto.newId()
  const { timeLimitMs } = processor
  const place = { taskId: task.id, projectId: project.id, stageKey, attempt: task.attempt, processorId: processor.id }
  await tx.insertOutsideTask({ id: outsideId, ...place, ...origin, timeLimitMs })
  await tx.updateTask(
    task.id,
    { attempt: task.attempt, statuses: ['running'] },
    {
      status: 'waiting',
      waitingSince: 'now',
      workerId: null,
      currentStage: stageKey,
      outside: { id: outsideId, fraction: null, message: null },
    },
  )
  await tx.updateTaskStage(task.id, stageKey, { status: 'running', startedAt: 'now' })
  await tx.updateStage(project.id, stageKey, { status: 'waiting', failure: null })
  await tx.endAttempt(task.id, task.attempt, 'waiting')
  await tx.completeJob(job)
  await wakeWaiting(tx, task)
  const payload = {
    outsideTaskId: outsideId,
    taskId: task.id,
    pipeline: project.pipeline,
    stage: stageKey,
    title: project.title,
    language: typeof project.input['language'] === 'string' ? project.input['language'] : null,
    ...material,
    // What the result stands after, where it is to be a continuation or one part of a text.
    textBefore: copied?.text ?? null,
    part: part === null ? null : { title: part.title, text: part.text },
    timeLimitMs,
  }
  await tx.insertDelivery({
    kind: 'job',
    event: 'task.job',
    processorId: processor.id,
    outsideTaskId: outsideId,
    payload: JSON.stringify(payload),
    giveUpAfterMs: timeLimitMs,
  })
  await announce(tx, task, { event: 'task.waiting', waitingFor: 'processor' })
}
