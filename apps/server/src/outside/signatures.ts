/** Messages signed as Standard Webhooks says, and what is believed of those that come. */
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

const secretBytes = 32
/** What the standard asks for; a shorter one could be guessed. */
const leastSecretBytes = 24

export function makeSecret(): string {
  return `whsec_${randomBytes(secretBytes).toString('base64')}`
}

/** `whsec_` and at least 24 bytes in base64. */
export function isSecret(text: string): boolean {
  const [, encoded = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  return bytes.length >= leastSecretBytes && bytes.toString('base64') === encoded
}

export type Signed = { id: string; body: string; secrets: readonly string[]; now: Date }

/** Its headers: signed by each secret, so that a receiver may know any of them. */
export function signMessage({ id, body, secrets, now }: Signed): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  }
}

/** `by`: which of the secrets it was. */
export type Verified = { type: 'verified'; id: string; text: string; by: number } | { type: 'refused'; problem: string }

/**
 * Whether the bytes were signed by one of the secrets within five minutes from now. The library reads a timestamp like
 * "1700000000x" and repairs broken UTF-8 before it looks at the signature; here neither passes.
 */
export function verifyMessage(body: Buffer, headers: IncomingHttpHeaders, secrets: readonly string[]): Verified {
  const id = headers['webhook-id']
  const timestamp = headers['webhook-timestamp']
  const signature = headers['webhook-signature']
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signature !== 'string')
    return refused('it is without the headers webhook-id, webhook-timestamp and webhook-signature')
  if (!/^[\x21-\x7e]{1,256}$/.test(id)) return refused('its id is not 1 to 256 visible characters')
  if (!/^\d{1,12}$/.test(timestamp)) return refused('its timestamp is not in whole seconds')
  const text = decode(body)
  if (text === null) return refused('its body is not UTF-8')
  const given = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature }
  const problems = secrets.map((secret) => findProblem(secret, text, given))
  const by = problems.indexOf(null)
  if (by !== -1) return { type: 'verified', id, text, by }
  return refused(problems[0] ?? 'there is no secret that it could be signed with')
}

function findProblem(secret: string, text: string, headers: Record<string, string>): string | null {
  try {
    new Webhook(secret).verify(text, headers, { jsonParse: false })
    return null
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error
    return error.message
  }
}

function decode(body: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return null
  }
}

function refused(problem: string): Verified {
  return { type: 'refused', problem }
}
