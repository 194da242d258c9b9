/** How a viewer comes in: it registers with the hubs, and what it starts from is read after that. */
import { notFound } from '../errors.ts'
import type { Database } from '../ports/database.ts'
import { parseCursor, startCursor, type Cursor } from './cursor.ts'
import type { FollowOptions, Joined } from './follow.ts'
import type { Hubs } from './hubs.ts'
import type { ProjectHub } from './projectHub.ts'
import { chooseOpenTexts, chooseTextsOfTask } from './textChoice.ts'
import { Viewer } from './viewer.ts'
import type { Waker } from './waker.ts'
import type { WorkspaceHub } from './workspaceHub.ts'

export type FollowProject = FollowOptions & { projectId?: string | undefined; workspaceId?: string | undefined }
/** `projectId`: the task's, where the caller knows it; it spares a read. */
export type FollowTask = FollowOptions & { taskId: string; projectId?: string | undefined }

export function joinProject(hubs: Hubs, options: FollowProject, waker: Waker): Joined {
  const { projectId, workspaceId } = options
  const cursor = options.cursor == null ? null : parseCursor(options.cursor)
  const hub = projectId === undefined ? null : hubs.project(projectId)
  const workspace = workspaceId === undefined ? null : hubs.workspace(workspaceId)
  const leaves = [hub?.followers.join(waker), workspace?.followers.join(waker)]
  return {
    leave: () => leaves.forEach((leave) => leave?.()),
    async enter() {
      await Promise.all([hub && catchUp(hub, cursor), workspace && catchUpWorkspace(workspace, cursor)])
      const project = hub && { hub, choice: chooseOpenTexts(hub, hubs.tails), tails: hubs.tails }
      const isNewToWorkspace = (cursor?.eventSeq ?? 0) === 0
      const viewer = new Viewer({ cursor: cursor ?? startCursor, workspace, isNewToWorkspace, project })
      if (hub !== null) await startInText(viewer, hub, cursor, () => true)
      return viewer
    },
  }
}

export function joinTask(hubs: Hubs, database: Pick<Database, 'taskLook'>, options: FollowTask, waker: Waker): Joined {
  const { taskId } = options
  const cursor = options.cursor == null ? null : parseCursor(options.cursor)
  let leave = (): void => undefined
  return {
    leave: () => leave(),
    async enter() {
      // A task's project never changes, so it may be read before its hub is joined.
      const projectId = options.projectId ?? (await database.taskLook(taskId))?.task.projectId
      if (projectId === undefined) throw notFound('task', taskId)
      const hub = hubs.project(projectId)
      leave = hub.followers.join(waker)
      await catchUp(hub, cursor)
      const watch = hub.watchTask(taskId)
      await watch.renew(hub.revision)
      const choice = chooseTextsOfTask(hub, hubs.tails, watch)
      const project = { hub, choice, tails: hubs.tails }
      const viewer = new Viewer({ cursor: cursor ?? startCursor, workspace: null, isNewToWorkspace: false, project })
      await startInText(viewer, hub, cursor, (rewrite) => rewrite.taskId === taskId)
      return viewer
    },
  }
}

/** A revision that storage does not know was never this project's. */
async function catchUp(hub: ProjectHub, cursor: Cursor | null): Promise<void> {
  await hub.catchUp()
  if (cursor === null || cursor.revision <= hub.revision) return
  await hub.refresh()
  if (cursor.revision > hub.revision) throw notFound('project', hub.projectId)
}

async function catchUpWorkspace(hub: WorkspaceHub, cursor: Cursor | null): Promise<void> {
  await hub.catchUp()
  const known = (): boolean => cursor === null || cursor.eventSeq <= (hub.eventSeq ?? 0)
  if (known()) return
  await hub.refresh()
  if (!known()) throw notFound('workspace', hub.workspaceId)
}

/** Puts the viewer into the text its cursor names, when that is one that it is sent; otherwise it starts anew. */
async function startInText(
  viewer: Viewer,
  hub: ProjectHub,
  cursor: Cursor | null,
  isSent: (rewrite: { taskId: string | null }) => boolean,
): Promise<void> {
  if (cursor === null || cursor.rewriteNo === 0) return
  const head = await hub.headByNo(cursor.rewriteNo)
  if (head === null) throw notFound('rewrite', String(cursor.rewriteNo))
  viewer.startAt(isSent(head) ? head : null)
}
