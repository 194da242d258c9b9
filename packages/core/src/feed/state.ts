/** The level state of a project and the rows of tasks, as viewers see them. */
import { isOutOfDate } from '../outOfDate.ts'
import type { ProjectLook } from '../ports/projectStorage.ts'
import type { TaskLook } from '../ports/taskStorage.ts'
import type { RewriteRecord, StageRecord } from '../records.ts'
import type { LiveTaskView, ProjectState, RewriteView, StageView, WorkspaceTaskView } from './events.ts'

export function describeProject(look: ProjectLook): ProjectState {
  const rewrites = new Map(look.rewrites.map((rewrite) => [rewrite.id, rewrite]))
  const stages = look.stages.toSorted((a, b) => a.position - b.position)
  return {
    title: look.project.title,
    pipeline: look.project.pipeline,
    stages: stages.map((stage, index) => describeStage(stage, stages[index - 1], rewrites)),
    tasks: look.tasks.map(describeLiveTask),
  }
}

function describeRewrite(rewrite: RewriteRecord): RewriteView {
  const { id, no, ending, length } = rewrite
  return { id, no, ending, length }
}

/** A task as the workspace feed tells it. */
export function describeTask({ task, title, pipeline }: TaskLook): WorkspaceTaskView {
  return {
    id: task.id,
    projectId: task.projectId,
    title,
    pipeline,
    status: task.status,
    currentStage: task.currentStage,
    failure: task.failure,
    removed: task.removedAt !== null,
    createdAt: task.createdAt.toISOString(),
    startedAt: task.startedAt?.toISOString() ?? null,
    endedAt: task.endedAt?.toISOString() ?? null,
  }
}

function describeStage(
  stage: StageRecord,
  before: StageRecord | undefined,
  rewrites: Map<string, RewriteRecord>,
): StageView {
  const current = stage.currentRewriteId === null ? undefined : rewrites.get(stage.currentRewriteId)
  const last = stage.lastRewriteId === null ? undefined : rewrites.get(stage.lastRewriteId)
  return {
    key: stage.key,
    status: stage.status,
    locked: stage.locked,
    outOfDate: isOutOfDate(current ?? null, before?.currentRewriteId ?? null),
    current: current === undefined ? null : describeRewrite(current),
    // What is said twice would be half of what a viewer that comes back is sent besides text.
    last: last === undefined || last === current ? null : describeRewrite(last),
    failure: stage.failure,
  }
}

function describeLiveTask(task: ProjectLook['tasks'][number]): LiveTaskView {
  return {
    id: task.id,
    status: task.status,
    stages: task.stageRuns.toSorted((a, b) => a.position - b.position).map(({ key, status }) => ({ key, status })),
    currentStage: task.currentStage,
    ...(task.outside && { outside: { fraction: task.outside.fraction, message: task.outside.message } }),
  }
}
