import type { Tx } from '../ports/database.ts'
import type { ProjectRecord, StageRecord } from '../records.ts'
import { insertRow, patched, type Session } from './session.ts'
import { keyOf, rowOf } from './tables.ts'
import { stagesOf } from './projectReads.ts'

type ProjectOperations = Pick<
  Tx,
  | 'touchProject'
  | 'touchProjectAndWorkspace'
  | 'insertProject'
  | 'updateProject'
  | 'touchWorkspace'
  | 'stages'
  | 'updateStage'
  | 'draft'
  | 'saveDraft'
  | 'removeDraft'
>

const noStamps = { now: new Date(0), timeFields: [] }

export function projectOperations(session: Session): ProjectOperations {
  return {
    async touchProject(projectId) {
      return touchProject(session, projectId)
    },
    async touchProjectAndWorkspace(projectId) {
      const project = touchProject(session, projectId)
      return project && { project, eventSeq: touchWorkspace(session, project.workspaceId) }
    },
    async insertProject(project, stageKeys) {
      insertProject(session, project, stageKeys)
    },
    async updateProject(projectId, patch) {
      const project = rowOf(session.tables.projects, projectId, 'project')
      session.tables.projects.put(projectId, { ...patched(project, patch, noStamps), updatedAt: session.now })
    },
    async touchWorkspace(workspaceId) {
      return touchWorkspace(session, workspaceId)
    },
    async stages(projectId) {
      return stagesOf(session.tables, projectId)
    },
    async updateStage(projectId, key, patch) {
      const stage = patched(rowOf(session.tables.stages, keyOf(projectId, key), 'stage'), patch, noStamps)
      refuseForeignCurrent(session, stage)
      session.tables.stages.put(keyOf(projectId, key), stage)
    },
    ...draftOperations(session),
  }
}

function touchProject({ tables, now }: Session, projectId: string): ProjectRecord | null {
  const project = tables.projects.get(projectId)
  if (project === undefined) return null
  const touched = { ...project, revision: project.revision + 1, updatedAt: now }
  tables.projects.put(projectId, touched)
  return touched
}

function touchWorkspace({ tables }: Session, workspaceId: string): number {
  const workspace = rowOf(tables.workspaces, workspaceId, 'workspace')
  const eventSeq = workspace.eventSeq + 1
  tables.workspaces.put(workspaceId, { ...workspace, eventSeq })
  return eventSeq
}

function insertProject(
  session: Session,
  project: Parameters<Tx['insertProject']>[0],
  stageKeys: readonly string[],
): void {
  const { tables, now } = session
  rowOf(tables.workspaces, project.workspaceId, 'workspace')
  const fresh = { revision: 0, lastRewriteNo: 0, archivedAt: null, removedAt: null, createdAt: now, updatedAt: now }
  insertRow(tables.projects, project.id, { ...project, ...fresh }, 'projects_pkey')
  for (const [position, key] of stageKeys.entries()) {
    const untouched = {
      status: 'ready' as const,
      locked: false,
      currentRewriteId: null,
      lastRewriteId: null,
      failure: null,
    }
    const stage = { projectId: project.id, key, position, ...untouched }
    insertRow(tables.stages, keyOf(project.id, key), stage, 'stages_pkey')
  }
}

/** A stage points at a closed rewrite of its own. */
function refuseForeignCurrent(session: Session, stage: StageRecord): void {
  if (stage.currentRewriteId === null) return
  const current = rowOf(session.tables.rewrites, stage.currentRewriteId, 'rewrite')
  const isOwn = current.projectId === stage.projectId && current.stageKey === stage.key
  if (!isOwn || current.closedAt === null)
    throw new Error(`Rewrite ${current.id} is not a closed one of stage ${stage.key}.`)
}

function draftOperations(session: Session): Pick<Tx, 'draft' | 'saveDraft' | 'removeDraft'> {
  return {
    async draft(projectId, stageKey, userId) {
      return session.tables.drafts.get(keyOf(projectId, stageKey, userId)) ?? null
    },
    async saveDraft(draft) {
      rowOf(session.tables.stages, keyOf(draft.projectId, draft.stageKey), 'stage')
      session.tables.drafts.put(keyOf(draft.projectId, draft.stageKey, draft.userId), {
        ...draft,
        updatedAt: session.now,
      })
    },
    async removeDraft(projectId, stageKey, userId) {
      session.tables.drafts.remove(keyOf(projectId, stageKey, userId))
    },
  }
}
