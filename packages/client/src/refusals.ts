/** What an error of a connection means for coming back. */
import { TRPCClientError } from '@trpc/client'
import type { AppRouter } from '@stagewright/api'
import { StreamEnded } from './fetchEventSource.ts'

/** The server itself said it, as opposed to a connection that was cut. */
export function isTold(error: unknown): boolean {
  return factsOf(error) !== null
}

/** An answer about the request itself (not signed in, no such thing, a wrong cursor): asking again would bring the same. */
export function isFinal(error: unknown): boolean {
  const status = factsOf(error)?.httpStatus ?? 0
  // 408, 425, 429: too slow, too early, too many. Only these get better with time.
  return status >= 400 && status < 500 && ![408, 425, 429].includes(status)
}

/** When the server wants to see the caller again, in milliseconds; null when it did not say. */
export function retryAfterMsOf(error: unknown): number | null {
  const told = factsOf(error)?.params.retryAfterMs
  if (typeof told === 'number') return told
  return error instanceof TRPCClientError && error.cause instanceof StreamEnded ? error.cause.retryMs : null
}

function factsOf(error: unknown) {
  return (error instanceof TRPCClientError && (error as TRPCClientError<AppRouter>).data) || null
}
