import type { Session } from './session.ts'
import type { Tables } from './tables.ts'

/** The user's workspaces, the personal one first. There is no table of users here: any id is a user. */
export function workspacesOf(tables: Tables, userId: string): string[] {
  const own = tables.workspaces.all().filter((workspace) => workspace.members.includes(userId))
  const personalFirst = own.toSorted((a, b) => Number(b.personalOf === userId) - Number(a.personalOf === userId))
  return personalFirst.map((workspace) => workspace.id)
}

export function makePersonalWorkspace(session: Session, userId: string): string[] {
  const present = session.tables.workspaces.all()
  if (!present.some((workspace) => workspace.personalOf === userId)) {
    const id = session.newId()
    session.tables.workspaces.put(id, { id, eventSeq: 0, personalOf: userId, members: [userId] })
  }
  return workspacesOf(session.tables, userId)
}

export function isMember(tables: Tables, userId: string, workspaceId: string): boolean {
  return tables.workspaces.get(workspaceId)?.members.includes(userId) ?? false
}
