import { endedStatuses } from '@stagewright/core'
import { z } from 'zod'
import { followTask, pollTask } from '../follow.ts'
import { cursor, id, key, page, pageSize, text, time } from '../inputs.ts'
import { router, userProcedure } from '../trpc.ts'
import { viewTaskLook } from '../views/task.ts'

const status = z.enum(['queued', 'running', 'waiting', ...endedStatuses])
const taskName = z.object({ taskId: id })

const creation = z.object({
  projectId: id,
  stages: z.union([z.literal('rest'), z.array(key).min(1).max(20)]),
  input: z.record(key, text(50_000)).optional(),
  model: z.string().min(1).max(200).optional(),
  instruction: text(4_000).optional(),
  part: z.string().min(1).max(64).optional(),
  continueFrom: id.optional(),
  idempotencyKey: z.string().min(1).max(200).optional(),
  reviewEach: z.boolean().optional(),
})

export const tasks = router({
  create: userProcedure.input(creation).mutation(({ ctx, input }) => ctx.engine.create(ctx.actor, input)),
  estimate: userProcedure.input(creation).query(({ ctx, input }) => ctx.engine.estimate(ctx.actor, input)),
  cancel: userProcedure.input(taskName).mutation(({ ctx, input }) => ctx.engine.cancel(ctx.actor, input.taskId)),
  retry: userProcedure.input(taskName).mutation(({ ctx, input }) => ctx.engine.retry(ctx.actor, input.taskId)),
  resume: userProcedure.input(taskName).mutation(({ ctx, input }) => ctx.engine.resume(ctx.actor, input.taskId)),

  remove: userProcedure.input(taskName).mutation(async ({ ctx, input }) => {
    await ctx.engine.remove(ctx.actor, input.taskId)
  }),

  get: userProcedure.input(taskName).query(({ ctx, input }) => ctx.taskAnswers.get(ctx.actor, input.taskId)),

  list: userProcedure
    .input(
      z.object({
        status: z.union([status, z.array(status).max(6)]).optional(),
        pipeline: key.optional(),
        projectId: id.optional(),
        from: time.optional(),
        to: time.optional(),
        page,
        pageSize,
      }),
    )
    .query(async ({ ctx, input: { status: wanted, pipeline, projectId, from, to, ...paging } }) => {
      const { total, tasks: found } = await ctx.database.listTasks({
        workspaceIds: await ctx.database.workspacesOf(ctx.user.id),
        ...(wanted === undefined ? {} : { statuses: [wanted].flat() }),
        ...(pipeline === undefined ? {} : { pipeline }),
        ...(projectId === undefined ? {} : { projectId }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...paging,
      })
      return {
        total,
        ...paging,
        pages: Math.max(1, Math.ceil(total / paging.pageSize)),
        tasks: found.map(viewTaskLook),
      }
    }),

  follow: userProcedure
    .input(taskName.extend({ cursor, lastEventId: cursor }))
    .subscription(({ ctx, input, signal }) => followTask(ctx, input, signal)),

  poll: userProcedure
    .input(taskName.extend({ cursor }))
    .query(({ ctx, input, signal }) => pollTask(ctx, input, signal)),
})
