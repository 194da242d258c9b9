import { apiKeys } from './routers/apiKeys.ts'
import { live } from './routers/live.ts'
import { processors } from './routers/processors.ts'
import { projects } from './routers/projects.ts'
import { server } from './routers/server.ts'
import { stages } from './routers/stages.ts'
import { tasks } from './routers/tasks.ts'
import { webhooks } from './routers/webhooks.ts'
import { router } from './trpc.ts'

export const appRouter = router({ projects, stages, tasks, live, processors, webhooks, apiKeys, server })

export type AppRouter = typeof appRouter
