import type { MadeText, StoredText } from '../ports/rewriteStorage.ts'
import type { RewriteRecord } from '../records.ts'
import type { RewriteRow, Tables } from './tables.ts'

/** The rewrite without its text. */
export function headOf({ text: _text, fingerprint: _fingerprint, ...head }: RewriteRow): RewriteRecord {
  return head
}

export function storedTextFrom(tables: Tables, rewriteId: string, from: number): StoredText | null {
  const row = tables.rewrites.get(rewriteId)
  return row === undefined ? null : { rewrite: headOf(row), from, text: row.text.slice(from) }
}

/** Heads of the rewrites that `matches` picks, in order of `no`. */
export function rewritesWhere(tables: Tables, matches: (row: RewriteRow) => boolean): RewriteRecord[] {
  return tables.rewrites
    .all()
    .filter(matches)
    .toSorted((a, b) => a.no - b.no)
    .map(headOf)
}

/** Instructions from the first rewrite of the chain to this one, following `baseRewriteId`. */
export function instructionsUpTo(tables: Tables, rewriteId: string): string[] {
  const instructions: string[] = []
  let row = tables.rewrites.get(rewriteId)
  while (row !== undefined) {
    if (row.instruction !== null) instructions.unshift(row.instruction)
    row = row.baseRewriteId === null ? undefined : tables.rewrites.get(row.baseRewriteId)
  }
  return instructions
}

export function madeText(tables: Tables, workspaceId: string, fingerprint: string): MadeText | null {
  const found = tables.rewrites
    .all()
    .filter((row) => row.fingerprint === fingerprint)
    .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1))
  for (const row of found) {
    const project = tables.projects.get(row.projectId)
    if (project?.workspaceId === workspaceId && project.removedAt === null)
      return { rewrite: headOf(row), title: project.title }
  }
  return null
}
