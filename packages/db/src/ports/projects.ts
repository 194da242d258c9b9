import type { StageRecord, Tx } from '@stagewright/core'
import type { Prisma } from '../generated/prisma/client.ts'
import type { DeferredWrites } from './deferredWrites.ts'
import { assignmentsOf, columnsOf, readRow } from './rows.ts'
import { draftShape, projectShape, stageShape } from './shapes.ts'
import { change, isUuid, requireOne, select, type Sql } from './sql.ts'

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

export function projectOperations(sql: Sql, deferred: DeferredWrites): ProjectOperations {
  return {
    async touchProject(projectId) {
      if (!isUuid(projectId)) return null
      const [row] = await select(
        sql,
        `UPDATE projects p SET revision = p.revision + 1, updated_at = now() WHERE p.id = $1::uuid
         RETURNING ${columnsOf(projectShape, 'p')}`,
        [projectId],
      )
      return row === undefined ? null : readRow(projectShape, row)
    },
    touchProjectAndWorkspace: (projectId) => touchProjectAndWorkspace(sql, projectId),
    async insertProject(project, stageKeys) {
      const input = project.input as Prisma.InputJsonObject
      await sql.project.createMany({ data: { ...project, input } })
      await sql.stage.createMany({ data: stageKeys.map((key, position) => ({ projectId: project.id, key, position })) })
    },
    async updateProject(projectId, patch) {
      const { set, params } = assignmentsOf(projectShape, { ...patch, updatedAt: 'now' }, [projectId])
      const statement = `UPDATE projects SET ${set} WHERE id = $1::uuid`
      const mustFind = { what: 'project', id: projectId }
      await deferred.add({ row: `projects ${projectId}`, statement, params, mustFind })
    },
    async touchWorkspace(workspaceId) {
      const statement = 'UPDATE workspaces SET event_seq = event_seq + 1 WHERE id = $1::uuid RETURNING event_seq'
      const rows = await select<{ event_seq: bigint }>(sql, statement, [workspaceId])
      requireOne(rows.length, 'workspace', workspaceId)
      return Number(rows[0]!.event_seq)
    },
    stages: (projectId) => stagesOf(sql, projectId),
    async updateStage(projectId, key, patch) {
      const { set, params } = assignmentsOf(stageShape, patch, [projectId, key])
      if (set === '') return
      const statement = `UPDATE stages SET ${set} WHERE project_id = $1::uuid AND key = $2`
      const mustFind = { what: 'stage', id: `${key} of project ${projectId}` }
      await deferred.add({ row: `stages ${projectId} ${key}`, statement, params, mustFind })
    },
    ...draftOperations(sql),
  }
}

/** The workspace's row is found by what the first change answers, so it is locked after the project's. */
async function touchProjectAndWorkspace(sql: Sql, projectId: string) {
  if (!isUuid(projectId)) return null
  const [row] = await select<{ event_seq: bigint }>(
    sql,
    `WITH p AS (
       UPDATE projects SET revision = revision + 1, updated_at = now() WHERE id = $1::uuid RETURNING *
     ), w AS (
       UPDATE workspaces SET event_seq = event_seq + 1 WHERE id = (SELECT workspace_id FROM p) RETURNING event_seq
     )
     SELECT ${columnsOf(projectShape, 'p')}, w.event_seq FROM p, w`,
    [projectId],
  )
  if (row === undefined) return null
  const { event_seq: eventSeq, ...project } = row
  return { project: readRow(projectShape, project), eventSeq: Number(eventSeq) }
}

export async function stagesOf(sql: Sql, projectId: string): Promise<StageRecord[]> {
  if (!isUuid(projectId)) return []
  const rows = await sql.stage.findMany({ where: { projectId }, orderBy: { position: 'asc' } })
  return rows.map((row) => readRow(stageShape, row))
}

export async function draftOf(sql: Sql, projectId: string, stageKey: string, userId: string) {
  if (!isUuid(projectId)) return null
  const row = await sql.draft.findUnique({ where: { projectId_stageKey_userId: { projectId, stageKey, userId } } })
  return row === null ? null : readRow(draftShape, row)
}

function draftOperations(sql: Sql): Pick<Tx, 'draft' | 'saveDraft' | 'removeDraft'> {
  return {
    draft: (projectId, stageKey, userId) => draftOf(sql, projectId, stageKey, userId),
    async saveDraft({ projectId, stageKey, userId, text, baseRewriteId }) {
      await change(
        sql,
        `INSERT INTO drafts (project_id, stage_key, user_id, text, base_rewrite_id) VALUES ($1::uuid, $2, $3, $4, $5::uuid)
         ON CONFLICT (project_id, stage_key, user_id)
         DO UPDATE SET text = excluded.text, base_rewrite_id = excluded.base_rewrite_id, updated_at = now()`,
        [projectId, stageKey, userId, text, baseRewriteId],
      )
    },
    async removeDraft(projectId, stageKey, userId) {
      await sql.draft.deleteMany({ where: { projectId, stageKey, userId } })
    },
  }
}
