import type { ProjectFilter, ProjectLook, ProjectStanding } from '../ports/projectStorage.ts'
import type { ActiveProcessor } from '../ports/outsideStorage.ts'
import {
  hasEnded,
  type ProjectRecord,
  type RewriteRecord,
  type StageRecord,
  type TaskRecord,
  type TaskStageRecord,
} from '../records.ts'
import { headOf } from './rewriteReads.ts'
import type { Tables } from './tables.ts'

export function stagesOf(tables: Tables, projectId: string): StageRecord[] {
  return tables.stages
    .all()
    .filter((stage) => stage.projectId === projectId)
    .toSorted((a, b) => a.position - b.position)
}

export function taskStagesOf(tables: Tables, taskId: string): TaskStageRecord[] {
  return tables.taskStages
    .all()
    .filter((stage) => stage.taskId === taskId)
    .toSorted((a, b) => a.position - b.position)
}

/** Queued, running and waiting tasks of a project, oldest first. */
export function liveTasksOf(tables: Tables, projectId: string): TaskRecord[] {
  return oldestFirst(tables.tasks.all().filter((task) => task.projectId === projectId && !hasEnded(task.status)))
}

/** By `createdAt`; ids, made in order, settle equal times. */
export function oldestFirst<Row extends { id: string; createdAt: Date }>(rows: Row[]): Row[] {
  return rows.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1))
}

export function lookAtProject(tables: Tables, projectId: string): ProjectLook | null {
  const project = tables.projects.get(projectId)
  if (project === undefined) return null
  const stages = stagesOf(tables, projectId)
  const tasks = liveTasksOf(tables, projectId).map((task) => ({ ...task, stageRuns: taskStagesOf(tables, task.id) }))
  return { project, stages, rewrites: presentRewrites(tables, projectId, stages), tasks }
}

export function standingOf(tables: Tables, projectId: string): ProjectStanding | null {
  const look = lookAtProject(tables, projectId)
  if (look === null) return null
  const running = tables.tasks.all().filter((task) => task.status === 'running')
  const countOf = (userId: string) => running.filter((task) => task.createdBy === userId).length
  const users = new Set(look.tasks.map((task) => task.createdBy).filter((userId) => countOf(userId) > 0))
  return {
    ...look,
    runningByUser: Object.fromEntries([...users].map((userId) => [userId, countOf(userId)])),
    processors: activeProcessors(tables, look.project.pipeline),
  }
}

function activeProcessors(tables: Tables, pipeline: string): ActiveProcessor[] {
  return tables.processors
    .all()
    .filter((row) => row.active && row.pipeline === pipeline)
    .map(({ id, stage, timeLimitMs }) => ({ id, stage, timeLimitMs }))
}

function presentRewrites(tables: Tables, projectId: string, stages: StageRecord[]): RewriteRecord[] {
  const shown = new Set(stages.flatMap((stage) => [stage.currentRewriteId, stage.lastRewriteId]))
  return tables.rewrites
    .all()
    .filter((row) => row.projectId === projectId && (shown.has(row.id) || row.closedAt === null))
    .toSorted((a, b) => a.no - b.no)
    .map(headOf)
}

export function listProjects(
  tables: Tables,
  filter: ProjectFilter,
): { total: number; projects: (ProjectRecord & { stages: StageRecord[] })[] } {
  const found = tables.projects.all().filter((project) => matchesFilter(project, filter))
  const newestFirst = found.toSorted((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime() || (a.id < b.id ? 1 : -1))
  const projects = pageOf(newestFirst, filter).map((project) => ({ ...project, stages: stagesOf(tables, project.id) }))
  return { total: found.length, projects }
}

function matchesFilter(project: ProjectRecord, filter: ProjectFilter): boolean {
  if (project.removedAt !== null || !filter.workspaceIds.includes(project.workspaceId)) return false
  if (filter.pipeline !== undefined && project.pipeline !== filter.pipeline) return false
  if (filter.search !== undefined && !project.title.toLowerCase().includes(filter.search.toLowerCase())) return false
  return filter.archived === (project.archivedAt !== null)
}

/** Pages count from 1. */
export function pageOf<Row>(rows: Row[], paging: { page: number; pageSize: number }): Row[] {
  const start = (paging.page - 1) * paging.pageSize
  return rows.slice(start, start + paging.pageSize)
}
