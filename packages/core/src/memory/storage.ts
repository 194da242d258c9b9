/**
 * The ports of storage and queue in memory, for tests and for understanding: the whole contract, nothing durable.
 *
 * Guarantee: transactions and every other write run one at a time, in the order they were asked for; each sees the
 * committed rows and its own changes, and commits all of them or none. Reads outside see committed rows only and never
 * wait. So a write outside that is awaited inside a transaction waits for ever, as it would on the embedded database.
 *
 * A transaction is waiting → open → committed or rolled back; afterwards its `Tx` refuses everything.
 */
import type { Clock, Crypto } from '../ports/clock.ts'
import type { Database, Tx } from '../ports/database.ts'
import type { JobQueue } from '../ports/queue.ts'
import { createBell } from './bell.ts'
import { endCall, forgetIdempotencyKeys, insertCall } from './calls.ts'
import { fileOperations, filesToForget, insertFile } from './files.ts'
import { createMemoryQueue, jobOperations } from './jobs.ts'
import { createMutex } from './mutex.ts'
import { deliveryOperations, outsideOperations, outsideWrites } from './outsideWrites.ts'
import { projectOperations } from './projectWrites.ts'
import { purgeProjects } from './purge.ts'
import { standingOf } from './projectReads.ts'
import { reads } from './reads.ts'
import { appendChunks, rewriteOperations } from './rewriteWrites.ts'
import { type Moment, OpenSession, type Session } from './session.ts'
import { createTables } from './tables.ts'
import { taskOperations } from './taskWrites.ts'
import { makePersonalWorkspace } from './workspaces.ts'

export type MemoryStorage = { database: Database; queue: JobQueue }

/** `clock` drives leases, delays and stored times; without it the system's time does. */
export function createMemoryStorage(options: { crypto: Crypto; clock?: Pick<Clock, 'now'> }): MemoryStorage {
  const tables = createTables()
  const mutex = createMutex()
  const bell = createBell()
  const outboxBell = createBell()
  const moment = createCalendar(options.clock ?? { now: () => Date.now() })

  const inTransaction = <T>(work: (session: Session) => Promise<T> | T): Promise<T> =>
    mutex.run(async () => {
      const session = new OpenSession(tables, moment(), () => options.crypto.newId())
      try {
        const result = await work(session)
        session.commit()
        if (session.wakes) bell.ring()
        if (session.hasNewDeliveries) outboxBell.ring()
        return result
      } finally {
        session.end()
      }
    })

  const database: Database = {
    transaction: (work) => inTransaction((session) => work(operationsOf(session))),
    ...reads(tables, moment),
    workspacesOf: (userId) => inTransaction((session) => makePersonalWorkspace(session, userId)),
    appendChunks: (writes) => inTransaction((session) => appendChunks(session, writes)),
    insertCall: (call) => inTransaction((session) => insertCall(session, call)),
    endCall: (callId, ending) => inTransaction((session) => endCall(session, callId, ending)),
    forgetIdempotencyKeys: (ageMs) => inTransaction((session) => forgetIdempotencyKeys(session, ageMs)),
    insertFile: (file) => inTransaction((session) => insertFile(session, file)),
    filesToForget: (limit) => inTransaction((session) => filesToForget(session, limit)),
    removeFile: (fileId) => inTransaction((session) => session.tables.files.remove(fileId)),
    purgeProjects: (ageMs, limit) => inTransaction((session) => purgeProjects(session, ageMs, limit)),
    ...outsideWrites(inTransaction),
    onDeliveries: (listener) => outboxBell.onRing(listener),
    saveProvider: (provider) => inTransaction((session) => session.tables.providers.put(provider.id, provider)),
  }
  return { database, queue: createMemoryQueue(inTransaction, (listener) => bell.onRing(listener)) }
}

function operationsOf(session: Session): Tx {
  return {
    now: async () => new Date(session.now),
    ...projectOperations(session),
    projectStanding: async (projectId) => standingOf(session.tables, projectId),
    endCall: async (callId, ending) => endCall(session, callId, ending),
    ...rewriteOperations(session),
    ...taskOperations(session),
    ...jobOperations(session),
    ...fileOperations(session),
    ...outsideOperations(session),
    ...deliveryOperations(session),
  }
}

/** Stored times begin at the system's time and go on by the clock. */
function createCalendar(clock: Pick<Clock, 'now'>): () => Moment {
  const epochMs = Date.now() - clock.now()
  return () => {
    const nowMs = clock.now()
    return { now: new Date(epochMs + nowMs), nowMs }
  }
}
