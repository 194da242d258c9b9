import type { Database } from '../ports/database.ts'
import { filesOfRewrites } from './files.ts'
import { outsideReads } from './outsideReads.ts'
import type { outsideWrites } from './outsideWrites.ts'
import { listProjects, lookAtProject } from './projectReads.ts'
import { madeText, rewritesWhere, storedTextFrom } from './rewriteReads.ts'
import type { Moment } from './session.ts'
import { keyOf, type Tables } from './tables.ts'
import {
  cancelRequested,
  changedTasks,
  detailsOfTask,
  listTasks,
  lookAtTask,
  pastRuns,
  queuePosition,
  sweepRows,
} from './taskReads.ts'
import { isMember } from './workspaces.ts'

type Reads = Omit<
  Database,
  | 'transaction'
  | 'workspacesOf'
  | 'appendChunks'
  | 'insertCall'
  | 'endCall'
  | 'forgetIdempotencyKeys'
  | 'saveProvider'
  | 'insertFile'
  | 'filesToForget'
  | 'removeFile'
  | 'purgeProjects'
  | 'onDeliveries'
  | keyof ReturnType<typeof outsideWrites>
>

/** Reads outside a transaction, each in one look at the committed rows. */
export function reads(tables: Tables, moment: () => Moment): Reads {
  return {
    isMember: async (userId, workspaceId) => isMember(tables, userId, workspaceId),
    ...projectReads(tables),
    ...taskReads(tables, moment),
    sweepRows: async () => sweepRows(tables, moment().now),
    listProviders: async () => tables.providers.all(),
    file: async (fileId) => tables.files.get(fileId) ?? null,
    filesOfRewrites: async (rewriteIds) => filesOfRewrites(tables, rewriteIds),
    ...outsideReads(tables),
  }
}

function projectReads(tables: Tables) {
  return {
    projectLook: async (projectId) => lookAtProject(tables, projectId),
    projectRevision: async (projectId) => tables.projects.get(projectId)?.revision ?? null,
    projectHead: async (projectId) => tables.projects.get(projectId) ?? null,
    listProjects: async (filter) => listProjects(tables, filter),
    versions: async (projectId, stageKey) =>
      rewritesWhere(tables, (row) => row.projectId === projectId && row.stageKey === stageKey).toReversed(),
    draftOf: async (projectId, stageKey, userId) => tables.drafts.get(keyOf(projectId, stageKey, userId)) ?? null,
    storedTextFrom: async (rewriteId, from) => storedTextFrom(tables, rewriteId, from),
    madeText: async (workspaceId, fingerprint) => madeText(tables, workspaceId, fingerprint),
    rewriteByNo: async (projectId, no) =>
      rewritesWhere(tables, (row) => row.projectId === projectId && row.no === no)[0] ?? null,
    async taskWithRewrites(taskId) {
      const task = tables.tasks.get(taskId)
      return task === undefined ? null : { task, rewrites: rewritesWhere(tables, (row) => row.taskId === taskId) }
    },
  } satisfies Partial<Reads>
}

function taskReads(tables: Tables, moment: () => { now: Date }) {
  return {
    taskLook: async (taskId) => lookAtTask(tables, taskId),
    taskDetails: async (taskId) => detailsOfTask(tables, taskId, moment().now),
    pastRuns: async (workspaceId, pipeline, limit) => pastRuns(tables, workspaceId, { pipeline, limit }),
    listTasks: async (filter) => listTasks(tables, filter),
    queuePosition: async (taskId) => queuePosition(tables, taskId),
    changedTasks: async (workspaceId, afterSeq, limit) => changedTasks(tables, workspaceId, { afterSeq, limit }),
    cancelRequested: async (taskIds) => cancelRequested(tables, taskIds),
  } satisfies Partial<Reads>
}
