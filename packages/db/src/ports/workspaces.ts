import type { Database } from '@stagewright/core'
import { change, isUuid, select, type Sql } from './sql.ts'

type WorkspaceReads = Pick<Database, 'workspacesOf' | 'isMember'>

export function workspaceReads(sql: Sql): WorkspaceReads {
  return {
    async workspacesOf(userId) {
      const [first, ...others] = await listWorkspaces(sql, userId)
      if (first?.isPersonal) return [first.id, ...others.map((workspace) => workspace.id)]
      await makePersonalWorkspace(sql, userId)
      return (await listWorkspaces(sql, userId)).map((workspace) => workspace.id)
    },
    async isMember(userId, workspaceId) {
      if (!isUuid(workspaceId)) return false
      return (await sql.membership.count({ where: { userId, workspaceId } })) > 0
    },
  }
}

async function listWorkspaces(sql: Sql, userId: string): Promise<{ id: string; isPersonal: boolean }[]> {
  return select(
    sql,
    `SELECT w.id, (w.personal_of = $1) IS TRUE AS "isPersonal"
     FROM memberships m JOIN workspaces w ON w.id = m.workspace_id
     WHERE m.user_id = $1
     ORDER BY 2 DESC, w.created_at, w.id`,
    [userId],
  )
}

/** Callers that race make one between them: the unique index lets one insert through and the others wait for it. */
async function makePersonalWorkspace(sql: Sql, userId: string): Promise<void> {
  await change(
    sql,
    `WITH made AS (
       INSERT INTO workspaces (id, name, personal_of) VALUES (gen_random_uuid(), 'Personal', $1)
       ON CONFLICT (personal_of) DO NOTHING RETURNING id
     )
     INSERT INTO memberships (workspace_id, user_id, role) SELECT id, $1, 'owner' FROM made`,
    [userId],
  )
}
