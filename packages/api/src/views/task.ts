import {
  foresee,
  hasEnded,
  hasPreview,
  isPipelineKey,
  pipelineOf,
  previewPath,
  type Failure,
  type FileRecord,
  type RewriteRecord,
  type StageDefinition,
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
  /** That its versions have, oldest first. */
  files: readonly FileRecord[]
}

/** A task with everything `tasks.get` shows. */
export function viewTask(details: TaskDetails, { queuePosition, typical, files }: TaskSurroundings) {
  const foreseen = foreseeTask(details, typical)
  const byId = new Map(details.rewrites.map((rewrite) => [rewrite.id, rewrite]))
  return {
    ...viewTaskLook(details),
    ...(hasEnded(details.task.status) ? {} : { progress: percentOf(foreseen?.share ?? shareOfStages(details)) }),
    /** By what such runs took before; null where that is not known, or nothing is to come. */
    estimatedRemainingSeconds: foreseen === null ? null : Math.round(foreseen.remainingMs / 1_000),
    stages: details.stageRuns.map((run) => ({
      ...viewStageRun(run, run.rewriteId === null ? undefined : byId.get(run.rewriteId)),
      /** In percent, where the stage or its processor can tell; null otherwise. */
      progress: run.status === 'done' ? 100 : roundedOrNull(ownShareOf(details, run)),
      progressMessage: outsideOf(details.task, run.key)?.message ?? null,
    })),
    queuePosition,
    previewUrl: previewUrlOf(details),
    /** What its stages delivered, to be had at `/files/<id>`. */
    files: files.map(({ id, name }) => ({ id, name })),
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

function foreseeTask(details: TaskDetails, typical: TaskSurroundings['typical']) {
  const { task, stageRuns, rewrites, readAt } = details
  if (task.status !== 'running' && task.status !== 'queued') return null
  const stages = stageRuns.map(({ key, status, startedAt, rewriteId }) => ({
    key,
    status,
    elapsedMs: startedAt === null ? null : readAt.getTime() - startedAt.getTime(),
    length: rewrites.find(({ id }) => id === rewriteId)?.length ?? 0,
    ownShare: ownShareOf(details, { key, rewriteId }),
  }))
  return foresee(stages, typical)
}

/** How much of a stage is done by its last checkpoint, or by its processor's word, 0 to 1; null where neither can tell. */
function ownShareOf(
  { pipeline, rewrites, task }: Pick<TaskDetails, 'pipeline' | 'rewrites' | 'task'>,
  { key, rewriteId }: Pick<TaskStageRecord, 'key' | 'rewriteId'>,
): number | null {
  const outside = outsideOf(task, key)
  if (outside !== null) return outside.fraction
  const checkpoint = rewrites.find(({ id }) => id === rewriteId)?.checkpoint ?? null
  return checkpoint === null ? null : (definitionOf(pipeline, key)?.progressOf?.(checkpoint.content) ?? null)
}

/** Each stage counted as one. */
function shareOfStages(details: TaskDetails): number {
  const shares = details.stageRuns.map((run) => (run.status === 'done' ? 1 : (ownShareOf(details, run) ?? 0)))
  return shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length)
}

/** Never above 95 before the end. */
function percentOf(share: number): number {
  return Math.min(95, Math.round(share * 100))
}

function roundedOrNull(share: number | null): number | null {
  return share === null ? null : Math.round(share * 100)
}

function definitionOf(pipeline: string, key: string): StageDefinition | undefined {
  return isPipelineKey(pipeline) ? pipelineOf(pipeline).stages.find((stage) => stage.key === key) : undefined
}

/** The page of the newest text that has one: an address on this server, which asks for the same sign-in or key. */
function previewUrlOf({ pipeline, stageRuns, rewrites }: TaskDetails): string | null {
  for (const { key, rewriteId } of stageRuns.toReversed()) {
    const definition = definitionOf(pipeline, key)
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
    progress: task.status === 'completed' ? 100 : percentOf(finished / task.stages.length),
    message: messageOf(task.status, task.currentStage),
    /** What the last stage that judges gave, 0 to 100; null where none has. */
    qualityScore: stageRuns.findLast(({ score }) => score !== null)?.score ?? null,
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

/** The processor that has the stage, and what it says. */
function outsideOf({ outside, currentStage }: TaskRecord, key: string): TaskRecord['outside'] {
  return currentStage === key ? outside : null
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
