import {
  getTRPCErrorFromUnknown,
  getTRPCErrorShape,
  transformTRPCResponse,
  type AnyTRPCRouter,
  type TRPCError,
} from '@trpc/server'
import { getHTTPStatusCode } from '@trpc/server/http'

/** What is known of the call an error belongs to. */
export type FailedCall = { path: string | undefined; input: unknown; ctx: unknown }

export type SseErrors = {
  /** The frame that ends a stream with the error. */
  frame(error: TRPCError, call: FailedCall): string
  /** The answer to a request that can't be read: the one case that is no stream. */
  answer(error: TRPCError): { status: number; body: string }
}

/** Errors in the router's own shape, as tRPC's adapter sends them. */
export function createSseErrors(router: AnyTRPCRouter): SseErrors {
  const config = router._def._config as Parameters<typeof transformTRPCResponse>[0]
  return {
    frame(error, call) {
      const shape: unknown = getTRPCErrorShape({ config, error, type: 'subscription', ...call })
      const data: unknown = config.transformer.output.serialize(shape)
      return `${retryLine(shape)}event: serialized-error\ndata: ${JSON.stringify(data)}\n\n\n`
    },
    answer(error) {
      const nothing = { path: undefined, input: undefined, ctx: undefined }
      const shape: unknown = getTRPCErrorShape({ config, error, type: 'unknown', ...nothing })
      const answer = { error: shape } as Parameters<typeof transformTRPCResponse>[1]
      const status = getHTTPStatusCode(answer as Parameters<typeof getHTTPStatusCode>[0], [error])
      return { status, body: JSON.stringify(transformTRPCResponse(config, answer)) }
    },
  }
}

/** The error as tRPC knows it; null for an abort, which is nobody's failure. */
export function asFailure(cause: unknown): TRPCError | null {
  const isAbort = typeof cause === 'object' && cause !== null && 'name' in cause && cause.name === 'AbortError'
  return isAbort ? null : getTRPCErrorFromUnknown(cause)
}

/** The time to come back at, where the error names one, is told in the way every EventSource understands too. */
function retryLine(shape: unknown): string {
  const retryAfterMs = (shape as { data?: { params?: { retryAfterMs?: unknown } } } | null)?.data?.params?.retryAfterMs
  return typeof retryAfterMs === 'number' ? `retry: ${Math.round(retryAfterMs)}\n` : ''
}
