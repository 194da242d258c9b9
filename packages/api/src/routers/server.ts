import { openProcedure, router } from '../trpc.ts'

export const server = router({
  /** What a client may know before anybody has signed in. */
  about: openProcedure.query(({ ctx }) => ctx.about()),
})
