import { z } from 'zod'
import { followProject, pollProject } from '../follow.ts'
import { cursor, id } from '../inputs.ts'
import { router, userProcedure } from '../trpc.ts'

const place = z.object({ projectId: id.optional(), cursor })

export const live = router({
  follow: userProcedure
    .input(place.extend({ lastEventId: cursor }))
    .subscription(({ ctx, input, signal }) => followProject(ctx, input, signal)),

  poll: userProcedure.input(place).query(({ ctx, input, signal }) => pollProject(ctx, input, signal)),
})
