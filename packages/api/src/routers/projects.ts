import { exportFormats } from '@stagewright/core'
import { z } from 'zod'
import { id, jsonInput, key, page, pageSize, text } from '../inputs.ts'
import { router, userProcedure } from '../trpc.ts'
import { viewProject } from '../views/project.ts'

export const projects = router({
  create: userProcedure
    .input(z.object({ pipeline: key, title: text(200).optional(), input: jsonInput }))
    .mutation(({ ctx, input }) => ctx.projects.create(ctx.actor, input)),

  get: userProcedure.input(z.object({ projectId: id })).query(async ({ ctx, input }) => {
    await ctx.projects.get(ctx.actor, input.projectId)
    return viewProject(ctx.database, input.projectId)
  }),

  list: userProcedure
    .input(
      z.object({
        search: text(200).optional(),
        pipeline: key.optional(),
        archived: z.boolean().optional(),
        page,
        pageSize,
      }),
    )
    .query(async ({ ctx, input }) => {
      const { total, projects: found } = await ctx.projects.list(ctx.actor, input)
      return {
        total,
        page: input.page,
        pageSize: input.pageSize,
        pages: Math.max(1, Math.ceil(total / input.pageSize)),
        projects: found.map((project) => ({
          id: project.id,
          title: project.title,
          pipeline: project.pipeline,
          archived: project.archivedAt !== null,
          stages: project.stages.map(({ key: stageKey, status }) => ({ key: stageKey, status })),
          createdAt: project.createdAt.toISOString(),
          updatedAt: project.updatedAt.toISOString(),
        })),
      }
    }),

  update: userProcedure
    .input(z.object({ projectId: id, title: text(200).optional(), archived: z.boolean().optional() }))
    .mutation(async ({ ctx, input: { projectId, ...patch } }) => {
      await ctx.projects.update(ctx.actor, projectId, patch)
    }),

  remove: userProcedure.input(z.object({ projectId: id })).mutation(async ({ ctx, input }) => {
    await ctx.projects.remove(ctx.actor, input.projectId)
  }),

  /** A file in base64: of the version named, or of the present text of every stage. */
  export: userProcedure
    .input(z.object({ projectId: id, format: z.enum(exportFormats), rewriteId: id.optional() }))
    .query(async ({ ctx, input }) => {
      const { name, mediaType, content } = await ctx.exportFile(ctx.actor, input)
      return { name, mediaType, content }
    }),

  undoRemove: userProcedure.input(z.object({ projectId: id })).mutation(async ({ ctx, input }) => {
    await ctx.projects.undoRemove(ctx.actor, input.projectId)
  }),
})
