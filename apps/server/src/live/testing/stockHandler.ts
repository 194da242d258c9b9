import type { IncomingMessage, RequestListener } from 'node:http'
import type { AnyTRPCRouter, inferRouterContext } from '@trpc/server'
import { createHTTPHandler } from '@trpc/server/adapters/standalone'

/** The router over tRPC's own HTTP adapter: what ours is compared with. */
export function createStockHandler<Router extends AnyTRPCRouter>(
  router: Router,
  createContext: (req: IncomingMessage) => inferRouterContext<Router>,
): RequestListener {
  type Options = Parameters<typeof createHTTPHandler<Router>>[0]
  const options = {
    router,
    basePath: '/trpc/',
    createContext: ({ req }: { req: IncomingMessage }) => createContext(req),
  }
  return createHTTPHandler(options as unknown as Options)
}
