import { AppError, requireProject, requireTask, type FollowedEvent, type FollowOptions } from '@stagewright/core'
import { tracked } from '@trpc/server'
import type { Context } from './context.ts'
import { toTrpcError } from './errors.ts'
import type { Place as ViewerPlace } from './viewers.ts'

type Followed = AsyncGenerator<FollowedEvent, void>
type Caller = Context & { actor: { userId: string } }
type Place = { cursor?: string | null | undefined; lastEventId?: string | null | undefined }

/** The project and the workspace of the caller on one connection, from a cursor on; ends only with the signal. */
export async function followProject(
  ctx: Caller,
  input: Place & { projectId?: string | undefined },
  signal: AbortSignal | undefined,
) {
  return enter(ctx, input, signal, async () => {
    const place = await findPlace(ctx, input.projectId)
    return (from) => ctx.feed.followProject({ ...place, ...from })
  })
}

/** One task from a cursor on; returns after its `end`. */
export async function followTask(ctx: Caller, input: Place & { taskId: string }, signal: AbortSignal | undefined) {
  return enter(ctx, input, signal, async () => {
    const { task } = await requireTask(ctx.database, ctx.actor, input.taskId)
    const { id: taskId, projectId } = task
    return (from) => ctx.feed.followTask({ taskId, projectId, ...from })
  })
}

export async function pollProject(
  ctx: Caller,
  input: { cursor?: string | null | undefined; projectId?: string | undefined },
  signal: AbortSignal | undefined,
) {
  const place = await findPlace(ctx, input.projectId)
  return ctx.feed.pollProject({ ...place, cursor: input.cursor ?? null, signal: signal ?? never() })
}

export async function pollTask(
  ctx: Caller,
  input: { cursor?: string | null | undefined; taskId: string },
  signal: AbortSignal | undefined,
) {
  const { task } = await requireTask(ctx.database, ctx.actor, input.taskId)
  return ctx.feed.pollTask({
    taskId: task.id,
    projectId: task.projectId,
    cursor: input.cursor ?? null,
    signal: signal ?? never(),
  })
}

async function findPlace(
  ctx: Caller,
  projectId: string | undefined,
): Promise<{ projectId?: string; workspaceId?: string }> {
  if (projectId !== undefined) {
    const project = await requireProject(ctx.database, ctx.actor, projectId)
    return { projectId, workspaceId: project.workspaceId }
  }
  const [workspaceId] = await ctx.database.workspacesOf(ctx.actor.userId)
  return workspaceId === undefined ? {} : { workspaceId }
}

type From = Required<Pick<FollowOptions, 'cursor' | 'signal' | 'recheck' | 'whenWritable'>>
type Follow = (from: From) => Followed

/**
 * Takes a viewer's place before anything is asked of the database, so that one who finds none costs nothing. The place
 * is given free when the stream ends, or with the signal where it never began.
 */
async function enter(ctx: Caller, from: Place, given: AbortSignal | undefined, find: () => Promise<Follow>) {
  const signal = given ?? never()
  // A link that reconnects puts the last id into `lastEventId`: newer than the cursor it began with.
  const cursor = from.lastEventId ?? from.cursor ?? null
  const { viewers, transport } = ctx
  const place = viewers.enter({ userId: ctx.actor.userId, transport, isReturning: cursor !== null })
  const leave = (): void => {
    signal.removeEventListener('abort', leave)
    place.leave()
  }
  signal.addEventListener('abort', leave)
  if (signal.aborted) leave()
  try {
    return send(ctx, { follow: await find(), cursor, signal, place: { ...place, leave } })
  } catch (error) {
    leave()
    throw error
  }
}

type Sending = { follow: Follow; cursor: string | null; signal: AbortSignal; place: ViewerPlace }

async function* send(ctx: Caller, { follow, cursor, signal, place }: Sending) {
  const recheck = async (): Promise<AppError | null> =>
    (await ctx.isStillAllowed())
      ? null
      : new AppError('auth.required', 'The session or API key of this stream is no longer good. Sign in again.')
  const { waitUntilWritable } = ctx
  const whenWritable = waitUntilWritable === undefined ? undefined : () => waitUntilWritable(signal)
  try {
    for await (const { cursor: at, event } of follow({ cursor, signal, recheck, whenWritable })) {
      yield tracked(at, event)
      place.sent(event)
    }
  } catch (error) {
    throw toTrpcError(error)
  } finally {
    place.leave()
  }
}

/** For callers without a signal of their own (a test's server-side caller): the generator's return ends it. */
function never(): AbortSignal {
  return new AbortController().signal
}
