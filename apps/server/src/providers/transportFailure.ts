import type { CallFailure } from '@stagewright/core'
import { BlockedAddressError } from '../outgoing/addressGuard.ts'
import { buildFailure, failBadAnswer, failInterrupted, failTooMuch, type Callee } from './callFailure.ts'
import { WireError, type WireFault } from '../outgoing/wireError.ts'

/** The failure for a call that broke below HTTP, by the transport's own error. `answered`: its headers had come. */
export function failByTransport(callee: Callee, error: unknown, { answered }: { answered: boolean }): CallFailure {
  if (error instanceof BlockedAddressError) return failBlocked(callee)
  const fault = error instanceof WireError ? faults[error.fault] : undefined
  if (fault !== undefined) return fault(callee)
  const reason = readErrorCode(error)
  if (answered) return failInterrupted(callee, reason)
  if (reason.startsWith('HPE_')) return failBadAnswer(callee, 'something that is not HTTP')
  return failUnreachable(callee, reason)
}

function failBlocked(callee: Callee): CallFailure {
  const message = `The address of ${callee.name} is, or leads to, a private network. Only the operator can allow that (ALLOW_PRIVATE_PROVIDERS).`
  return buildFailure(callee, 'provider.unreachable', message, {
    params: { host: callee.host, reason: 'privateAddress' },
  })
}

function failUnreachable(callee: Callee, reason: string): CallFailure {
  const message = `${callee.name} cannot be reached at ${callee.host} (${reason}). Check its base URL and the network, then try again.`
  return buildFailure(callee, 'provider.unreachable', message, {
    params: { host: callee.host, reason },
    transient: true,
  })
}

/** The failure for a base URL that no call can be made to. */
export function failBadUrl(callee: Callee): CallFailure {
  const message = `The base URL of ${callee.name} must be a web address (http or https) without a user name or password. Correct it.`
  return buildFailure(callee, 'provider.unreachable', message, { params: { reason: 'badUrl' } })
}

const faults: Partial<Record<WireFault, (callee: Callee) => CallFailure>> = {
  badUrl: failBadUrl,
  compressed: (callee) => failBadAnswer(callee, 'a compressed answer'),
  connectTimeout: (callee) => failUnreachable(callee, 'connectTimeout'),
  oddStatus: (callee) => failBadAnswer(callee, 'an unusual status'),
  redirected: (callee) => failBadAnswer(callee, 'a redirect to another address'),
  tooManyBytes: failTooMuch,
}

/** The code of a system error and nothing else of it: messages of lower layers may hold anything. */
function readErrorCode(error: unknown): string {
  if (error instanceof WireError) return error.fault
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : 'unknown'
}
