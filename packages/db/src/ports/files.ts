import { storeWithinMs, unstoredForMs, unusedForMs, type Database, type FileRecord, type Tx } from '@stagewright/core'
import { columnsOf, readRow } from './rows.ts'
import { fileShape } from './shapes.ts'
import { change, isUuid, select, type Sql } from './sql.ts'

type FileOperations = Pick<Tx, 'file' | 'markFileStored' | 'attachFile' | 'releaseFilesOf'>
type FileUpkeep = Pick<
  Database,
  'insertFile' | 'file' | 'filesOfRewrites' | 'filesToForget' | 'removeFile' | 'purgeProjects'
>

const columns = columnsOf(fileShape, 'f')
const unstored = 'project_id = NULL, rewrite_id = NULL, bytes = NULL, sha256 = NULL, stored_at = NULL'

/** What is done with files beside the changes of their projects. */
export function fileUpkeep(sql: Sql): FileUpkeep {
  return {
    async insertFile(file) {
      await sql.file.createMany({ data: file })
    },
    file: (fileId) => fileOf(sql, fileId),
    async filesOfRewrites(rewriteIds) {
      const ids = rewriteIds.filter(isUuid)
      if (ids.length === 0) return []
      const statement = `SELECT ${columns} FROM files f WHERE f.rewrite_id = ANY($1::uuid[]) ORDER BY f.created_at, f.id`
      return (await select(sql, statement, [ids])).map((row) => readRow(fileShape, row))
    },
    async filesToForget(limit) {
      const rows = await select<{ id: string }>(sql, forgetStatement, [unstoredForMs, unusedForMs, limit])
      return rows.map(({ id }) => id)
    },
    async removeFile(fileId) {
      await sql.file.deleteMany({ where: { id: fileId } })
    },
    purgeProjects: (ageMs, limit) => change(sql, purgeStatement, [ageMs, limit]),
  }
}

export function fileOperations(sql: Sql): FileOperations {
  return {
    file: (fileId) => fileOf(sql, fileId),
    async markFileStored(fileId, { format, mediaType, projectId, rewriteId, bytes, sha256 }) {
      const count = await change(
        sql,
        `UPDATE files SET format = $2, media_type = $3, project_id = $4::uuid, rewrite_id = $5::uuid, bytes = $6::float8,
           sha256 = $7, stored_at = now()
         WHERE id = $1::uuid AND stored_at IS NULL AND created_at >= ${msAgo('$8')}`,
        [fileId, format, mediaType, projectId, rewriteId, bytes, sha256, storeWithinMs],
      )
      return count === 1
    },
    async attachFile(fileId, { id, workspaceId, rewriteId = null }) {
      const count = await change(
        sql,
        `UPDATE files SET project_id = $2::uuid, rewrite_id = $4::uuid
         WHERE id = $1::uuid AND workspace_id = $3::uuid AND stored_at IS NOT NULL
           AND project_id IS NULL AND rewrite_id IS NULL`,
        [fileId, id, workspaceId, rewriteId],
      )
      return count === 1
    },
    async releaseFilesOf(rewriteId) {
      const statement = `UPDATE files SET ${unstored} WHERE rewrite_id = $1::uuid RETURNING id`
      return (await select<{ id: string }>(sql, statement, [rewriteId])).map(({ id }) => id)
    },
  }
}

async function fileOf(sql: Sql, fileId: string): Promise<FileRecord | null> {
  if (!isUuid(fileId)) return null
  const [row] = await select(sql, `SELECT ${columns} FROM files f WHERE f.id = $1::uuid`, [fileId])
  return row === undefined ? null : readRow(fileShape, row)
}

/** Two processes that sweep at once take different rows, and neither waits for a project that is being made. */
const forgetStatement = `
UPDATE files SET ${unstored} WHERE id IN (
  SELECT id FROM files
  WHERE project_id IS NULL AND created_at < ${msAgo('$1')} AND (stored_at IS NULL OR created_at < ${msAgo('$2')})
  ORDER BY created_at LIMIT $3::int FOR UPDATE SKIP LOCKED)
RETURNING id`

/** Not while a task of it is still being ended. */
const purgeStatement = `
DELETE FROM projects WHERE id IN (
  SELECT p.id FROM projects p
  WHERE p.removed_at < ${msAgo('$1')}
    AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.project_id = p.id AND t.status IN ('queued', 'running', 'waiting'))
  ORDER BY p.removed_at LIMIT $2::int FOR UPDATE SKIP LOCKED)`

function msAgo(param: string): string {
  return `now() - ${param}::float8 * interval '1 millisecond'`
}
