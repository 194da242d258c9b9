import { z } from 'zod'
import { id, key, text } from '../inputs.ts'
import { router, userProcedure } from '../trpc.ts'
import { viewVersion } from '../views/version.ts'

const stageName = z.object({ projectId: id, stage: key })

export const stages = router({
  versions: userProcedure.input(stageName).query(async ({ ctx, input }) => {
    const versions = await ctx.stages.versions(ctx.actor, input)
    return versions.map(viewVersion)
  }),

  version: userProcedure.input(z.object({ rewriteId: id })).query(async ({ ctx, input }) => {
    const stored = await ctx.stages.version(ctx.actor, input.rewriteId)
    return { ...viewVersion(stored.rewrite), text: stored.text }
  }),

  /** `part`: the text replaces only that one, as `tasks.create` names them. */
  edit: userProcedure
    .input(stageName.extend({ text: text(), baseRewriteId: id.nullable(), part: z.string().min(1).max(64).optional() }))
    .mutation(({ ctx, input }) => ctx.stages.edit(ctx.actor, input)),

  /** A stored result of what a run would be made from now: offered, never taken by itself. `restore` takes it, free. */
  cached: userProcedure
    .input(stageName.extend({ model: z.string().min(1).max(200).optional() }))
    .query(async ({ ctx, input: { model = null, ...name } }) => {
      const made = await ctx.stages.cached(ctx.actor, { ...name, model })
      return made && { ...viewVersion(made.rewrite), projectId: made.rewrite.projectId, title: made.title }
    }),

  /** `projectId`: makes it a version of the same stage there. */
  restore: userProcedure
    .input(z.object({ rewriteId: id, projectId: id.optional() }))
    .mutation(({ ctx, input }) => ctx.stages.restore(ctx.actor, input)),

  accept: userProcedure.input(stageName).mutation(({ ctx, input }) => ctx.stages.accept(ctx.actor, input)),

  lock: userProcedure.input(stageName.extend({ locked: z.boolean() })).mutation(async ({ ctx, input }) => {
    await ctx.stages.lock(ctx.actor, input)
  }),

  draft: userProcedure.input(stageName).query(async ({ ctx, input }) => {
    const draft = await ctx.stages.draft(ctx.actor, input)
    return draft && { text: draft.text, baseRewriteId: draft.baseRewriteId, updatedAt: draft.updatedAt.toISOString() }
  }),

  /** `text: null` takes the draft away. */
  saveDraft: userProcedure
    .input(stageName.extend({ text: text().nullable(), baseRewriteId: id.nullable() }))
    .mutation(async ({ ctx, input }) => {
      await ctx.stages.saveDraft(ctx.actor, input)
    }),
})
