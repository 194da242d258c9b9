/**
 * Every way a request or a task can be refused or fail, by a permanent code.
 * A code is never renamed or given another meaning: services branch on it.
 */
export const errorCodes = [
  'notFound',
  'input.invalid',
  'input.tooLong',
  'auth.required',
  'auth.forbidden',
  'auth.foreignAddress',
  'auth.tooManyTries',
  'project.stageUnknown',
  'project.pipelineUnknown',
  'stage.busy',
  'stage.changed',
  'stage.locked',
  'stage.inputMissing',
  'rewrite.open',
  'export.empty',
  'file.tooLarge',
  'file.typeUnknown',
  'file.unreadable',
  'file.inUse',
  'task.notCancellable',
  'task.notEnded',
  'task.notRetryable',
  'task.notWaiting',
  'idempotency.conflict',
  'queue.full',
  'limit.callsPerHour',
  'limit.viewers',
  'cursor.invalid',
  'provider.none',
  'provider.keyRefused',
  'provider.modelUnknown',
  'provider.balance',
  'provider.rateLimited',
  'provider.tooLong',
  'provider.refused',
  'provider.unreachable',
  'provider.failed',
  'provider.firstTokenTimeout',
  'provider.textIdleTimeout',
  'provider.interrupted',
  'provider.cutOff',
  'provider.contentFiltered',
  'provider.badAnswer',
  'provider.tooMuch',
  'processor.failed',
  'processor.refused',
  'processor.timeLimit',
  'quality.belowThreshold',
  'quality.nothingToAccept',
  'task.timeLimit',
  'task.queuedTooLong',
  'task.waitedTooLong',
  'task.crashedRepeatedly',
  'request.tooLarge',
  'request.tooSlow',
  'server.busy',
  'server.internal',
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** Facts that belong to an error: numbers and words for the message, never secrets. */
export type ErrorParams = Record<string, string | number | boolean | null>

/** A failure as data: what a task row, a feed event or an answer carries. */
export type Failure = { code: ErrorCode; message: string; params?: ErrorParams }

/** A broken request. `message` says what, which and what to do; `params` carries the same as data. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly params: ErrorParams

  constructor(code: ErrorCode, message: string, options: { params?: ErrorParams; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.params = options.params ?? {}
  }
}

/** The one answer for what does not exist and for what belongs to somebody else. */
export function notFound(what: string, id: string): AppError {
  return new AppError('notFound', `There is no ${what} ${id} that you can see.`, { params: { what, id } })
}
