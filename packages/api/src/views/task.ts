import {
  foresee,
  hasPreview,
  isPipelineKey,
  pipelineOf,
  previewPath,
  type Failure,
  type RewriteRecord,
  type TaskDetails,
  type TaskLook,
  type TaskRecord,
  type TaskStageRecord,
  type Typical,
} from '@stagewright/core'

export type TaskSurroundings = {
  /** How many stand before it; null unless it is queued. */
  queuePosition: number | null
  /** What its stages usually take. */
  typical: ReadonlyMap<string, Typical>
}

/** A task with everything `tasks.get` shows. */
export function viewTask(details: TaskDetails, { queuePosition, typical }: TaskSurroundings) {
  const foreseen = foreseeTask(details, typical)
  const byId = new Map(details.rewrites.map((rewrite) => [rewrite.id, rewrite]))
  return {
    ...viewTaskLook(details),
    ...(foreseen === null ? {} : { progress: Math.min(95, Math.round(foreseen.share * 100)) }),
    /** By what such runs took before; null where that is not known, or nothing is to come. */
    estimatedRemainingSeconds: foreseen === null ? null : Math.round(foreseen.remainingMs / 1_000),
    stages: details.stageRuns.map((run) => ({
      ...viewStageRun(run, run.rewriteId === null ? undefined : byId.get(run.rewriteId)),
      ...outsideProgressOf(details.task, run.key),
    })),
    queuePosition,
    previewUrl: previewUrlOf(details),
    attempts: details.attempts.map((attempt) => ({
      attempt: attempt.attempt,
      outcome: attempt.outcome,
      startedAt: attempt.startedAt.toISOString(),
      endedAt: attempt.endedAt?.toISOString() ?? null,
    })),
    calls: details.calls.map((call) => ({
      attempt: call.attempt,
      stage: call.stageKey,
      provider: call.providerName,
      model: call.model,
      outcome: call.outcome,
      error: call.failure,
      firstTokenMs: call.firstTextMs,
      promptTokens: call.promptTokens,
      completionTokens: call.completionTokens,
      startedAt: call.startedAt.toISOString(),
      endedAt: call.endedAt?.toISOString() ?? null,
    })),
  }
}

function foreseeTask({ task, stageRuns, rewrites, readAt }: TaskDetails, typical: TaskSurroundings['typical']) {
  if (task.status !== 'running' && task.status !== 'queued') return null
  const stages = stageRuns.map(({ key, status, startedAt, rewriteId }) => ({
    key,
    status,
    elapsedMs: startedAt === null ? null : readAt.getTime() - startedAt.getTime(),
    length: rewrites.find(({ id }) => id === rewriteId)?.length ?? 0,
  }))
  return foresee(stages, typical)
}

/** The page of the newest text that has one: an address on this server, which asks for the same sign-in or key. */
function previewUrlOf({ pipeline, stageRuns, rewrites }: TaskDetails): string | null {
  const definitions = isPipelineKey(pipeline) ? pipelineOf(pipeline).stages : []
  for (const { key, rewriteId } of stageRuns.toReversed()) {
    const definition = definitions.find((stage) => stage.key === key)
    const rewrite = rewrites.find(({ id }) => id === rewriteId)
    if (definition !== undefined && rewrite !== undefined && hasPreview(definition, rewrite))
      return previewPath(rewrite.id)
  }
  return null
}

export type TaskView = ReturnType<typeof viewTask>

/** A task as lists show it. */
export function viewTaskLook({ task, stageRuns, title, pipeline }: TaskLook) {
  const finished = stageRuns.filter((run) => run.status === 'done').length
  return {
    id: task.id,
    projectId: task.projectId,
    title,
    pipeline,
    status: task.status,
    stages: stageRuns.map((run) => viewStageRun(run, undefined)),
    currentStage: task.currentStage,
    /** Whom a waiting task waits for; null otherwise. */
    waitingFor: task.status !== 'waiting' ? null : task.outside === null ? ('review' as const) : ('processor' as const),
    /** Never above 95 before the end. */
    progress: task.status === 'completed' ? 100 : Math.min(95, Math.round((finished / task.stages.length) * 100)),
    message: messageOf(task.status, task.currentStage),
    usage: { promptTokens: task.promptTokens, completionTokens: task.completionTokens, estimated: task.usageEstimated },
    instruction: task.instruction,
    error: task.failure,
    retryOf: task.retryOf,
    cancelRequested: task.cancelRequestedAt !== null,
    createdAt: task.createdAt.toISOString(),
    startedAt: task.startedAt?.toISOString() ?? null,
    endedAt: task.endedAt?.toISOString() ?? null,
    updatedAt: task.updatedAt.toISOString(),
  }
}

export type TaskLookView = ReturnType<typeof viewTaskLook>

/** How far an outside processor says that it is: 0 to 100. */
function outsideProgressOf({ outside, currentStage }: TaskRecord, key: string) {
  if (outside === null || currentStage !== key) return { progress: null, progressMessage: null }
  const progress = outside.fraction === null ? null : Math.round(outside.fraction * 100)
  return { progress, progressMessage: outside.message }
}

function viewStageRun(run: TaskStageRecord, rewrite: RewriteRecord | undefined) {
  const durationMs =
    run.startedAt === null || run.endedAt === null ? null : run.endedAt.getTime() - run.startedAt.getTime()
  return {
    key: run.key,
    status: run.status,
    attempt: rewrite?.attempt ?? null,
    rewriteId: run.rewriteId,
    length: rewrite?.length ?? null,
    ending: rewrite?.ending ?? null,
    startedAt: run.startedAt?.toISOString() ?? null,
    endedAt: run.endedAt?.toISOString() ?? null,
    durationMs,
    tokens: run.completionTokens,
    summary: run.summary,
    error: run.failure satisfies Failure | null,
  }
}

/** A key for the translator, with what it needs. */
function messageOf(status: string, stage: string | null): { key: string; params: Record<string, string> } {
  return { key: `task.${status}`, params: stage === null ? {} : { stage } }
}
