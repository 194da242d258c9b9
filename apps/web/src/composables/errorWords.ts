import type { MessageKey, Translate } from '../i18n.ts'
import type { ErrorCode, Failure } from '../types.ts'

/** Who can do something about it. Said first, since that is what people ask. */
export type Fault = 'you' | 'provider' | 'server' | 'operator' | 'limit'
/** The one button of an error card. */
export type FailureAction = 'retry' | 'signIn' | 'reload' | 'projects' | 'none'

type Advice = { fault: Fault; action: FailureAction }

/** The compiler finds a code without advice. */
const advice: Record<ErrorCode, Advice> = {
  notFound: { fault: 'you', action: 'projects' },
  'input.invalid': { fault: 'you', action: 'none' },
  'input.tooLong': { fault: 'you', action: 'none' },
  'auth.required': { fault: 'you', action: 'signIn' },
  'auth.forbidden': { fault: 'operator', action: 'none' },
  'auth.foreignAddress': { fault: 'operator', action: 'none' },
  'auth.tooManyTries': { fault: 'limit', action: 'retry' },
  'project.stageUnknown': { fault: 'you', action: 'reload' },
  'project.pipelineUnknown': { fault: 'operator', action: 'none' },
  'stage.busy': { fault: 'you', action: 'none' },
  'stage.changed': { fault: 'you', action: 'none' },
  'stage.locked': { fault: 'you', action: 'none' },
  'stage.inputMissing': { fault: 'you', action: 'none' },
  'rewrite.open': { fault: 'you', action: 'none' },
  'export.empty': { fault: 'you', action: 'none' },
  'file.tooLarge': { fault: 'you', action: 'none' },
  'file.typeUnknown': { fault: 'you', action: 'none' },
  'file.unreadable': { fault: 'you', action: 'none' },
  'file.inUse': { fault: 'you', action: 'none' },
  'task.notCancellable': { fault: 'you', action: 'none' },
  'task.notEnded': { fault: 'you', action: 'none' },
  'task.notRetryable': { fault: 'you', action: 'none' },
  'task.notWaiting': { fault: 'you', action: 'none' },
  'idempotency.conflict': { fault: 'server', action: 'reload' },
  'queue.full': { fault: 'limit', action: 'retry' },
  'limit.callsPerHour': { fault: 'limit', action: 'retry' },
  'limit.viewers': { fault: 'limit', action: 'none' },
  'cursor.invalid': { fault: 'server', action: 'reload' },
  'provider.none': { fault: 'operator', action: 'retry' },
  'provider.keyRefused': { fault: 'operator', action: 'retry' },
  'provider.modelUnknown': { fault: 'operator', action: 'retry' },
  'provider.balance': { fault: 'operator', action: 'retry' },
  'provider.rateLimited': { fault: 'provider', action: 'retry' },
  'provider.tooLong': { fault: 'you', action: 'retry' },
  'provider.refused': { fault: 'provider', action: 'retry' },
  'provider.unreachable': { fault: 'provider', action: 'retry' },
  'provider.failed': { fault: 'provider', action: 'retry' },
  'provider.firstTokenTimeout': { fault: 'provider', action: 'retry' },
  'provider.textIdleTimeout': { fault: 'provider', action: 'retry' },
  'provider.interrupted': { fault: 'provider', action: 'retry' },
  'provider.cutOff': { fault: 'limit', action: 'retry' },
  'provider.contentFiltered': { fault: 'provider', action: 'retry' },
  'provider.badAnswer': { fault: 'provider', action: 'retry' },
  'provider.tooMuch': { fault: 'provider', action: 'retry' },
  'processor.failed': { fault: 'provider', action: 'retry' },
  'processor.refused': { fault: 'operator', action: 'retry' },
  'processor.timeLimit': { fault: 'provider', action: 'retry' },
  'quality.belowThreshold': { fault: 'you', action: 'retry' },
  'quality.nothingToAccept': { fault: 'you', action: 'reload' },
  'task.timeLimit': { fault: 'limit', action: 'retry' },
  'task.queuedTooLong': { fault: 'server', action: 'retry' },
  'task.waitedTooLong': { fault: 'you', action: 'none' },
  'task.crashedRepeatedly': { fault: 'server', action: 'retry' },
  'request.tooLarge': { fault: 'you', action: 'none' },
  'request.tooSlow': { fault: 'server', action: 'retry' },
  'server.busy': { fault: 'server', action: 'retry' },
  'server.internal': { fault: 'server', action: 'retry' },
}

export type FailureWords = { whose: string; title: string; hint: string; action: FailureAction; fault: Fault }

/** What to say about a failure and which one button to offer. A code from a newer server is said as an internal one. */
export function describeFailure(failure: Failure, t: Translate): FailureWords {
  const code: ErrorCode = failure.code in advice ? failure.code : 'server.internal'
  const { fault, action } = advice[code]
  const wait = waitOf(failure)
  const hint = t(`errorHint.${code}` satisfies MessageKey)
  return {
    whose: t(`fault.${fault}` satisfies MessageKey),
    title: t(`error.${code}` satisfies MessageKey),
    hint: wait === null ? hint : `${hint} ${t('fault.tryAgainIn', { seconds: wait })}`,
    action,
    fault,
  }
}

/** Whole seconds to wait, as the server said; null when it did not. */
function waitOf(failure: Failure): number | null {
  const waitMs = failure.params?.retryAfterMs
  return typeof waitMs === 'number' && waitMs > 0 ? Math.ceil(waitMs / 1000) : null
}
