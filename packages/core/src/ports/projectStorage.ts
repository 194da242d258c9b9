import type { DraftRecord, ProjectRecord, RewriteRecord, StageRecord, TaskRecord, TaskStageRecord } from '../records.ts'
import type { ActiveProcessor } from './outsideStorage.ts'
import type { Patch } from './patches.ts'

/** The present level state of a project, read in one consistent look. */
export type ProjectLook = {
  project: ProjectRecord
  stages: StageRecord[]
  /** Heads of the stages' current and last rewrites and of the open one, each once. */
  rewrites: RewriteRecord[]
  /** Queued, running and waiting tasks, oldest first. */
  tasks: (TaskRecord & { stageRuns: TaskStageRecord[] })[]
}

export type ProjectStanding = ProjectLook & {
  /** How many tasks of each user who has live ones here are running, here or anywhere. */
  runningByUser: Readonly<Record<string, number>>
  /** The active processors of the project's pipeline. */
  processors: ActiveProcessor[]
}

export type ProjectFilter = {
  workspaceIds: readonly string[]
  search?: string
  pipeline?: string
  archived: boolean
  page: number
  pageSize: number
}

/** What a transaction does with projects, the event number of their workspace, stages and drafts. */
export interface ProjectTx {
  /** Raises the project's revision and holds its row. Null when there is none (removed ones are still found). */
  touchProject(projectId: string): Promise<ProjectRecord | null>
  /** `touchProject` and `touchWorkspace` of the project's workspace at once. */
  touchProjectAndWorkspace(projectId: string): Promise<{ project: ProjectRecord; eventSeq: number } | null>
  insertProject(
    project: Omit<ProjectRecord, 'revision' | 'lastRewriteNo' | 'archivedAt' | 'removedAt' | 'createdAt' | 'updatedAt'>,
    stageKeys: readonly string[],
  ): Promise<void>
  updateProject(
    projectId: string,
    patch: Patch<Pick<ProjectRecord, 'title' | 'input' | 'lastRewriteNo' | 'archivedAt' | 'removedAt'>>,
  ): Promise<void>
  /** Raises the workspace's event number and holds its row. */
  touchWorkspace(workspaceId: string): Promise<number>

  stages(projectId: string): Promise<StageRecord[]>
  /** Everything that stands in a project, in one look: what a claim or a next stage is decided by. */
  projectStanding(projectId: string): Promise<ProjectStanding | null>
  updateStage(
    projectId: string,
    key: string,
    patch: Patch<Omit<StageRecord, 'projectId' | 'key' | 'position'>>,
  ): Promise<void>

  draft(projectId: string, stageKey: string, userId: string): Promise<DraftRecord | null>
  saveDraft(draft: Omit<DraftRecord, 'updatedAt'>): Promise<void>
  removeDraft(projectId: string, stageKey: string, userId: string): Promise<void>
}

/** Projects, with their stages and drafts. */
export interface ProjectStorage {
  projectLook(projectId: string): Promise<ProjectLook | null>
  /** The project's revision only; null when there is none. */
  projectRevision(projectId: string): Promise<number | null>
  projectHead(projectId: string): Promise<ProjectRecord | null>
  listProjects(
    filter: ProjectFilter,
  ): Promise<{ total: number; projects: (ProjectRecord & { stages: StageRecord[] })[] }>
  draftOf(projectId: string, stageKey: string, userId: string): Promise<DraftRecord | null>
  /** Deletes projects, with all that is theirs, that were removed more than `ageMs` ago; says how many, at most `limit`. */
  purgeProjects(ageMs: number, limit: number): Promise<number>
}
