import { pipelines } from '@stagewright/core'
import { openProcedure, router } from '../trpc.ts'
import { viewPipeline } from '../views/pipeline.ts'

export const server = router({
  /** What a client may know before anybody has signed in. */
  about: openProcedure.query(({ ctx }) => ctx.about()),

  /** The kinds of projects there are, with their words in each language. */
  pipelines: openProcedure.query(() => Object.values(pipelines).map(viewPipeline)),
})
