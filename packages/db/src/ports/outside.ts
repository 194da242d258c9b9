import type { Database, ProcessorRecord, Tx } from '@stagewright/core'
import { assignmentsOf, columnsOf, readRow } from './rows.ts'
import { outsideTaskShape, processorShape } from './shapes.ts'
import { change, isUuid, requireOne, select, type Sql } from './sql.ts'

type ProcessorOperations = Pick<Database, 'listProcessors' | 'processor' | 'insertProcessor' | 'updateProcessor'>

export function processorOperations(sql: Sql): ProcessorOperations {
  return {
    listProcessors: () =>
      processorsWhere(sql, 'p.removed_at IS NULL ORDER BY p.pipeline COLLATE "C", p.stage COLLATE "C", p.id'),
    processor: async (id) => (isUuid(id) ? ((await processorsWhere(sql, 'p.id = $1::uuid', id))[0] ?? null) : null),
    async insertProcessor(processor) {
      await sql.processor.createMany({ data: processor })
    },
    async updateProcessor(id, patch) {
      const { set, params } = assignmentsOf(processorShape, patch, [id])
      return set === '' || (await change(sql, `UPDATE processors SET ${set} WHERE id = $1::uuid`, params)) === 1
    },
  }
}

async function processorsWhere(sql: Sql, where: string, ...params: unknown[]): Promise<ProcessorRecord[]> {
  const rows = await select(sql, `SELECT ${columnsOf(processorShape, 'p')} FROM processors p WHERE ${where}`, params)
  return rows.map((row) => readRow(processorShape, row))
}

/** The active processors of the pipeline of the project `p`. */
export const processorsJson = `(SELECT json_agg(json_build_object('id', o.id, 'stage', o.stage, 'timeLimitMs', o.time_limit_ms))
  FROM processors o WHERE o.pipeline = p.pipeline AND o.active)`

export function outsideReads(sql: Sql): Pick<Database, 'outsideTask'> {
  return {
    async outsideTask(id) {
      if (!isUuid(id)) return null
      const columns = columnsOf(outsideTaskShape, 'o')
      const [row] = await select(sql, `SELECT ${columns} FROM outside_tasks o WHERE o.id = $1::uuid`, [id])
      return row === undefined ? null : readRow(outsideTaskShape, row)
    },
  }
}

type OutsideOperations = Pick<
  Tx,
  'outsideTask' | 'insertOutsideTask' | 'endOutsideTask' | 'outsideMessage' | 'insertOutsideMessage'
>

export function outsideOperations(sql: Sql): OutsideOperations {
  return {
    ...outsideReads(sql),
    async insertOutsideTask({ timeLimitMs, ...outside }) {
      const { id, taskId, projectId, stageKey, attempt, processorId, kind, inputRewriteId, baseRewriteId } = outside
      await change(
        sql,
        `INSERT INTO outside_tasks (id, task_id, project_id, stage_key, attempt, processor_id, kind, input_rewrite_id,
           base_rewrite_id, instruction, deadline_at)
         VALUES ($1::uuid, $2::uuid, $3::uuid, $4, $5::int, $6::uuid, $7, $8::uuid, $9::uuid, $10,
           now() + $11::float8 * interval '1 millisecond')`,
        [
          id,
          taskId,
          projectId,
          stageKey,
          attempt,
          processorId,
          kind,
          inputRewriteId,
          baseRewriteId,
          outside.instruction,
          timeLimitMs,
        ],
      )
    },
    async endOutsideTask(id, status) {
      const statement = 'UPDATE outside_tasks SET status = $2, ended_at = now() WHERE id = $1::uuid'
      requireOne(await change(sql, statement, [id, status]), 'outside task', id)
    },
    async outsideMessage(outsideTaskId, messageId) {
      const row = await sql.outsideMessage.findUnique({
        where: { outsideTaskId_messageId: { outsideTaskId, messageId } },
        omit: { receivedAt: true },
      })
      return row
    },
    async insertOutsideMessage(message) {
      await sql.outsideMessage.createMany({ data: message })
    },
  }
}
