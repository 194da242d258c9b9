import { AppError, DatabaseUnavailable, type ErrorCode, type ErrorParams } from '@stagewright/core'
import { TRPCError, type TRPC_ERROR_CODE_KEY } from '@trpc/server'
import { ZodError } from 'zod'

/** What each of our codes is in tRPC's words (and so in HTTP's). Exhaustive: a new code without a line fails to compile. */
const trpcCodes: Record<ErrorCode, TRPC_ERROR_CODE_KEY> = {
  notFound: 'NOT_FOUND',
  'input.invalid': 'BAD_REQUEST',
  'input.tooLong': 'PAYLOAD_TOO_LARGE',
  'auth.required': 'UNAUTHORIZED',
  'auth.forbidden': 'FORBIDDEN',
  'auth.foreignAddress': 'FORBIDDEN',
  'auth.tooManyTries': 'TOO_MANY_REQUESTS',
  'project.stageUnknown': 'BAD_REQUEST',
  'project.pipelineUnknown': 'BAD_REQUEST',
  'stage.busy': 'CONFLICT',
  'stage.changed': 'CONFLICT',
  'stage.locked': 'CONFLICT',
  'stage.inputMissing': 'PRECONDITION_FAILED',
  'rewrite.open': 'CONFLICT',
  'export.empty': 'PRECONDITION_FAILED',
  'file.tooLarge': 'PAYLOAD_TOO_LARGE',
  'file.typeUnknown': 'UNSUPPORTED_MEDIA_TYPE',
  'file.unreadable': 'UNPROCESSABLE_CONTENT',
  'file.inUse': 'CONFLICT',
  'task.notCancellable': 'CONFLICT',
  'task.notEnded': 'CONFLICT',
  'task.notRetryable': 'CONFLICT',
  'task.notWaiting': 'CONFLICT',
  'idempotency.conflict': 'CONFLICT',
  'queue.full': 'TOO_MANY_REQUESTS',
  'limit.callsPerHour': 'TOO_MANY_REQUESTS',
  'limit.viewers': 'TOO_MANY_REQUESTS',
  'cursor.invalid': 'BAD_REQUEST',
  'provider.none': 'PRECONDITION_FAILED',
  'provider.keyRefused': 'BAD_GATEWAY',
  'provider.modelUnknown': 'BAD_REQUEST',
  'provider.balance': 'BAD_GATEWAY',
  'provider.rateLimited': 'TOO_MANY_REQUESTS',
  'provider.tooLong': 'PAYLOAD_TOO_LARGE',
  'provider.refused': 'BAD_GATEWAY',
  'provider.unreachable': 'BAD_GATEWAY',
  'provider.failed': 'BAD_GATEWAY',
  'provider.firstTokenTimeout': 'GATEWAY_TIMEOUT',
  'provider.textIdleTimeout': 'GATEWAY_TIMEOUT',
  'provider.interrupted': 'BAD_GATEWAY',
  'provider.cutOff': 'BAD_GATEWAY',
  'provider.contentFiltered': 'BAD_GATEWAY',
  'provider.badAnswer': 'BAD_GATEWAY',
  'provider.tooMuch': 'BAD_GATEWAY',
  'processor.failed': 'BAD_GATEWAY',
  'processor.refused': 'BAD_GATEWAY',
  'processor.timeLimit': 'GATEWAY_TIMEOUT',
  'quality.belowThreshold': 'PRECONDITION_FAILED',
  'quality.nothingToAccept': 'CONFLICT',
  'task.timeLimit': 'TIMEOUT',
  'task.queuedTooLong': 'TIMEOUT',
  'task.waitedTooLong': 'TIMEOUT',
  'task.crashedRepeatedly': 'INTERNAL_SERVER_ERROR',
  'request.tooLarge': 'PAYLOAD_TOO_LARGE',
  'request.tooSlow': 'TIMEOUT',
  'server.busy': 'SERVICE_UNAVAILABLE',
  'server.internal': 'INTERNAL_SERVER_ERROR',
}

/** What stands in `data` of every error beside tRPC's own fields. */
export type ErrorFacts = { appCode: ErrorCode; params: ErrorParams }

export function toTrpcError(error: unknown): TRPCError {
  if (error instanceof TRPCError && !(error.cause instanceof AppError) && !(error.cause instanceof DatabaseUnavailable))
    return error
  const cause = error instanceof TRPCError ? error.cause : error
  if (cause instanceof AppError) return new TRPCError({ code: trpcCodes[cause.code], message: cause.message, cause })
  if (cause instanceof DatabaseUnavailable) {
    return new TRPCError({
      code: 'SERVICE_UNAVAILABLE',
      message: 'The database is away for a moment. Try again in a few seconds.',
      cause,
    })
  }
  return new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause })
}

const codesOfTrpc: Partial<Record<TRPC_ERROR_CODE_KEY, ErrorCode>> = {
  UNAUTHORIZED: 'auth.required',
  FORBIDDEN: 'auth.forbidden',
  NOT_FOUND: 'notFound',
  SERVICE_UNAVAILABLE: 'server.busy',
  INTERNAL_SERVER_ERROR: 'server.internal',
}

/** The message and the facts a caller may see. What we did not foresee is named only by its kind. */
export function describeError(error: TRPCError): { message: string; facts: ErrorFacts } {
  const { cause } = error
  if (cause instanceof AppError) return { message: cause.message, facts: { appCode: cause.code, params: cause.params } }
  if (cause instanceof ZodError)
    return { message: describeZod(cause), facts: { appCode: 'input.invalid', params: fieldOf(cause) } }
  if (cause instanceof DatabaseUnavailable)
    return { message: error.message, facts: { appCode: 'server.busy', params: { retryAfterMs: 3_000 } } }
  const appCode =
    codesOfTrpc[error.code] ?? (error.code === 'INTERNAL_SERVER_ERROR' ? 'server.internal' : 'input.invalid')
  const message =
    error.code === 'INTERNAL_SERVER_ERROR'
      ? 'The server made a mistake. It has been written down; try again.'
      : error.message
  return { message, facts: { appCode, params: {} } }
}

function describeZod(error: ZodError): string {
  return error.issues
    .slice(0, 3)
    .map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`))
    .join('; ')
}

function fieldOf(error: ZodError): ErrorParams {
  return { field: error.issues[0]?.path.join('.') ?? '' }
}
