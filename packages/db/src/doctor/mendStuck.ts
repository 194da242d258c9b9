import { restingStatus, type Crypto, type Database, type JobQueue, type Tx } from '@stagewright/core'
import type pg from 'pg'
import { jobQueueName, jobSchema } from '../queue/jobTable.ts'
import { findStuck, type Stuck } from './findStuck.ts'

export type MendParts = {
  pool: pg.Pool
  database: Database
  queue: Pick<JobQueue, 'supervise'>
  crypto: Pick<Crypto, 'sha256'>
}

/**
 * Mends one state in the engine's own way: holds the project, looks again, and changes only what is still so. False when
 * it had been left meanwhile. Throws where it would have to guess.
 */
export async function mendStuck(parts: MendParts, stuck: Stuck, options: { afterMs?: number } = {}): Promise<boolean> {
  const isStillSo = async (): Promise<boolean> =>
    (await findStuck(parts.pool, options)).some((each) => JSON.stringify(each) === JSON.stringify(stuck))
  switch (stuck.type) {
    case 'taskWithoutJob':
      if (!(await isStillSo())) return false
      // A hint too many does no harm: the claim decides.
      await parts.database.transaction((tx) => tx.sendJob({ taskId: stuck.taskId, projectId: stuck.projectId }))
      return true
    case 'leaseRunOut':
      return (await parts.queue.supervise()) > 0
    case 'jobWithoutTask':
      return (await isStillSo()) && removeJob(parts.pool, stuck.jobId)
    case 'openText':
      return parts.database.transaction((tx) => closeText(tx, parts.crypto, stuck))
    case 'heldStage':
      return parts.database.transaction((tx) => freeStage(tx, stuck))
  }
}

async function removeJob(pool: pg.Pool, jobId: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `DELETE FROM ${jobSchema}.job WHERE name = '${jobQueueName}' AND id = $1::uuid AND state < 'completed'`,
    [jobId],
  )
  return (rowCount ?? 0) > 0
}

/** What was stored is kept: it ends as interrupted, which is what it was. */
async function closeText(
  tx: Tx,
  crypto: Pick<Crypto, 'sha256'>,
  { rewriteId, projectId }: Extract<Stuck, { type: 'openText' }>,
): Promise<boolean> {
  await tx.touchProject(projectId)
  const rewrite = await tx.rewrite(rewriteId)
  const task = rewrite?.taskId == null ? null : await tx.task(rewrite.taskId)
  if (rewrite === null || rewrite.ending !== null || (task !== null && task.endedAt === null)) return false
  const text = (await tx.storedText(rewriteId)) ?? ''
  const closing = { ending: 'interrupted', summary: null, promptTokens: null, completionTokens: null } as const
  const fence = { attempt: rewrite.attempt, length: text.length }
  if (await tx.closeRewrite(rewriteId, fence, { ...closing, text, sha256: crypto.sha256(text) })) return true
  throw new Error(`Text ${rewriteId} says that it has ${rewrite.length} characters, and ${text.length} are stored.`)
}

async function freeStage(
  tx: Tx,
  { projectId, stage: key, status }: Extract<Stuck, { type: 'heldStage' }>,
): Promise<boolean> {
  await tx.touchProject(projectId)
  const stage = (await tx.stages(projectId)).find((candidate) => candidate.key === key)
  const isWanted = (await tx.liveTasksOf(projectId)).some((task) => task.stages.includes(key))
  if (stage?.status !== status || isWanted) return false
  const current = stage.currentRewriteId === null ? null : await tx.rewrite(stage.currentRewriteId)
  await tx.updateStage(projectId, key, { status: restingStatus(stage.failure, current?.ending ?? null) })
  return true
}
