/**
 * Core's storage port on Prisma and PostgreSQL, embedded or server.
 *
 * Guarantee: what `transaction` runs is committed whole or not at all, and run again when PostgreSQL refused it to
 * resolve a deadlock; inside, everything goes through the transaction's own client, because the embedded database is one
 * session, where anything else would wait for the transaction that waits for it.
 */
import type { Database, Tx } from '@stagewright/core'
import type pg from 'pg'
import type { PrismaClient } from '../generated/prisma/client.ts'
import type { JobSender } from '../queue/jobSender.ts'
import { appendChunks } from './appendChunks.ts'
import { DeferredWrites } from './deferredWrites.ts'
import { callWrites, endCallDeferred } from './calls.ts'
import { deliveryOperations, webhookOperations } from './deliveries.ts'
import { isTransient, translated, translateFailure } from './failures.ts'
import { fileOperations, fileUpkeep } from './files.ts'
import { lists } from './lists.ts'
import { projectLooks, projectStanding } from './looks.ts'
import { outsideOperations, outsideReads, processorOperations } from './outside.ts'
import { draftOf, projectOperations } from './projects.ts'
import { providerOperations } from './providers.ts'
import { rewriteReads } from './rewriteReads.ts'
import { rewriteOperations } from './rewrites.ts'
import { select, type Sql } from './sql.ts'
import { sweepOperations } from './sweep.ts'
import { taskReads } from './taskReads.ts'
import { taskOperations } from './tasks.ts'
import { workspaceReads } from './workspaces.ts'

export type DatabaseParts = {
  prisma: PrismaClient
  /** The pool under `prisma`; the chunk statement goes to it directly. */
  pool: pg.Pool
  /** How transactions send and settle jobs; must have been started before the first one does. */
  queue: { readonly sender: JobSender }
}

/** For a transaction to begin and to end. Both are far beyond what any of ours takes. */
const transactionLimits = { maxWait: 15_000, timeout: 15_000 }
const transactionTries = 4

/** Storage of the program. Throws UniqueViolation and DatabaseUnavailable of core's ports. */
export function createDatabase({ prisma, pool, queue }: DatabaseParts): Database {
  const operations = translated({
    ...workspaceReads(prisma),
    ...projectLooks(prisma),
    ...lists(prisma),
    ...rewriteReads(prisma),
    ...taskReads(prisma),
    ...callWrites(prisma),
    ...providerOperations(prisma),
    ...processorOperations(prisma),
    ...outsideReads(prisma),
    ...webhookOperations(prisma),
    ...sweepOperations(prisma),
    ...fileUpkeep(prisma),
    draftOf: (...key: Parameters<Database['draftOf']>) => draftOf(prisma, ...key),
    appendChunks: (...writes: Parameters<Database['appendChunks']>) => retrying(() => appendChunks(pool, ...writes)),
  })
  const listeners = new Set<{ listener: () => void }>()
  return {
    ...operations,
    async transaction(work) {
      let deliveries = 0
      const onDeliveries = (count: number): void => void (deliveries += count)
      try {
        return await retrying(() =>
          prisma.$transaction((sql) => runOn({ sql, sender: queue.sender, onDeliveries }, work), transactionLimits),
        )
      } finally {
        // Also when it failed: it may be stored while only the answer was lost.
        if (deliveries > 0) listeners.forEach(({ listener }) => listener())
      }
    },
    onDeliveries(listener) {
      // An entry of its own, so that the same function may listen twice and stop once.
      const entry = { listener }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
  }
}

type TransactionParts = {
  sql: Sql
  sender: JobSender
  /** Told how many messages to the outside were added. */
  onDeliveries: (count: number) => void
}

async function runOn<T>(parts: TransactionParts, work: (tx: Tx) => Promise<T>): Promise<T> {
  const deferred = new DeferredWrites(parts.sql)
  const result = await work(transactionOn(parts, deferred))
  await deferred.flush()
  return result
}

/** What neither reads nor changes a table that deferred writes are for; everything else waits until they are made. */
const independent = new Set<PropertyKey>([
  'touchWorkspace',
  'updateProject',
  'updateStage',
  'updateTask',
  'updateHeldTask',
  'updateTaskStage',
  'insertAttempt',
  'endAttempt',
  'endCall',
  'insertOpenRewrite',
  'storedText',
  'queuedTasksToWake',
  'insertDelivery',
  'insertWebhookDeliveries',
  'sendJob',
  'completeJob',
  'jobState',
  'removeJobs',
])

function transactionOn(parts: TransactionParts, deferred: DeferredWrites): Tx {
  const operations = operationsOn(parts, deferred)
  return Object.fromEntries(
    Object.entries(operations).map(([name, operation]: [string, (...given: never[]) => Promise<unknown>]) => [
      name,
      independent.has(name)
        ? operation
        : async (...given: never[]) => {
            await deferred.flush()
            return operation(...given)
          },
    ]),
  ) as unknown as Tx
}

function operationsOn({ sql, sender, onDeliveries }: TransactionParts, deferred: DeferredWrites): Tx {
  return translated({
    async now() {
      const [row] = await select<{ now: Date }>(sql, 'SELECT now()::timestamptz(3) AS now')
      return row!.now
    },
    ...projectOperations(sql, deferred),
    projectStanding: (projectId: string) => projectStanding(sql, projectId),
    endCall: (...ending: Parameters<Tx['endCall']>) => endCallDeferred(deferred, ...ending),
    ...rewriteOperations(sql),
    ...taskOperations(sql, deferred),
    ...fileOperations(sql),
    ...outsideOperations(sql),
    ...deliveryOperations(sql, deferred, onDeliveries),
    sendJob: (job: Parameters<Tx['sendJob']>[0]) => sender.send(sql, job),
    completeJob: (job: Parameters<Tx['completeJob']>[0]) => sender.complete(sql, job),
    jobState: (jobId: string) => sender.state(sql, jobId),
    removeJobs: (taskId: string) => sender.remove(sql, taskId),
  })
}

async function retrying<T>(action: () => Promise<T>): Promise<T> {
  for (let left = transactionTries - 1; ; left--) {
    try {
      return await action()
    } catch (error) {
      if (left === 0 || !isTransient(error)) throw translateFailure(error)
    }
  }
}
