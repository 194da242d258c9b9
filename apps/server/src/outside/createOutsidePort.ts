import type { IncomingMessage } from 'node:http'
import { AppError, type OutsideAnswer, type OutsideMessage, type OutsidePort } from '@stagewright/core'
import { BlockedAddressError, refuseInternalLiteral, type ResolveHost } from '../outgoing/addressGuard.ts'
import { readStart } from '../outgoing/readStart.ts'
import { readRetryAfterMs } from '../outgoing/retryAfter.ts'
import { sendGuarded } from '../outgoing/sendGuarded.ts'
import { WireError } from '../outgoing/wireError.ts'
import type { KeyVault } from '../providers/keyVault.ts'
import { makeSecret, signMessage } from './signatures.ts'
import type { UploadTokens } from './uploadTokens.ts'

export type OutsideOptions = {
  vault: KeyVault
  /** Signs messages to processors too, beside each one's own; null: nothing does. */
  sharedSecret: string | null
  uploads: Pick<UploadTokens, 'make'>
  allowPrivate: boolean
  /** The address under which processors reach this server. */
  ownUrl(): string
  resolve?: ResolveHost
}

const connectTimeoutMs = 5_000
const keptBodyBytes = 1_024
const blockedWords = 'its address is, or leads to, a private network (ALLOW_PRIVATE_PROVIDERS)'

/** Core's way to processors and webhooks over HTTP: one signed POST, and never more than one. */
export function createOutsidePort(options: OutsideOptions): OutsidePort {
  return {
    async send(message, signal) {
      try {
        const { answer, retryAfterMs } = await post(options, message, signal)
        return { type: 'answered', status: answer.statusCode ?? 0, retryAfterMs, body: await readKept(answer) }
      } catch (error) {
        return explain(error)
      }
    },
    makeSecret(ownerId) {
      const secret = makeSecret()
      return { secret, sealed: options.vault.seal(ownerId, secret) }
    },
    findProblem(url) {
      if (options.allowPrivate) return null
      try {
        refuseInternalLiteral(new URL(url).hostname)
        return null
      } catch {
        return blockedWords
      }
    },
  }
}

async function post(options: OutsideOptions, message: OutsideMessage, signal: AbortSignal) {
  const { owner, id, event, createdAt } = message
  const own = options.vault.open(owner.id, owner.secretEncrypted)
  const secrets = owner.kind === 'processor' && options.sharedSecret !== null ? [own, options.sharedSecret] : [own]
  const data = owner.kind === 'processor' ? { ...message.data, ...addressesOf(options, message) } : message.data
  const body = JSON.stringify({ type: event, timestamp: createdAt.toISOString(), data })
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'accept-encoding': 'identity',
    'user-agent': 'stagewright',
    ...signMessage({ id, body, secrets, now: new Date() }),
  }
  const sending = { allowPrivate: options.allowPrivate, signal, connectTimeoutMs, resolve: options.resolve }
  const answer = await sendGuarded({ url: new URL(message.url), method: 'POST', headers, body }, sending)
  const given = { get: (name: string) => answer.headers[name]?.toString() ?? null }
  return { answer, retryAfterMs: readRetryAfterMs(given, Date.now()) }
}

/** Where a processor answers, and where it puts the file of a result. */
function addressesOf({ ownUrl, uploads }: OutsideOptions, { owner, data }: OutsideMessage): Record<string, string> {
  const callbackUrl = `${ownUrl()}/webhooks/tasks?processor=${owner.id}`
  const { outsideTaskId } = data
  if (typeof outsideTaskId !== 'string') return { callbackUrl }
  return {
    callbackUrl,
    uploadUrl: `${ownUrl()}/files?outsideTask=${outsideTaskId}&token=${uploads.make(outsideTaskId)}`,
  }
}

/** As the database can hold it. */
async function readKept(answer: IncomingMessage): Promise<string> {
  return (await readStart(answer, keptBodyBytes)).replaceAll('\0', '\uFFFD')
}

function explain(error: unknown): OutsideAnswer {
  if (error instanceof BlockedAddressError) return { type: 'refused', problem: blockedWords }
  // Its secret can't be opened: it was sealed with another SECRET_KEY, or altered.
  if (error instanceof AppError)
    return { type: 'refused', problem: 'its secret cannot be decrypted: SECRET_KEY has changed' }
  if (error instanceof WireError && error.fault === 'badUrl')
    return { type: 'refused', problem: 'its address is wrong' }
  return { type: 'unreachable', problem: `it cannot be reached (${reasonOf(error)})` }
}

/** The code of a system error and nothing else of it: messages of lower layers may hold anything. */
function reasonOf(error: unknown): string {
  if (error instanceof WireError) return error.fault === 'aborted' ? 'no answer in time' : error.fault
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : 'unknown'
}
