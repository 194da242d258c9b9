import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { AppError } from '@stagewright/core'

/** Encrypts keys at rest. What it seals for one row opens for that row only. */
export type KeyVault = {
  /** The key as it may be stored: `v1.<nonce>.<ciphertext and tag>`, base64url. */
  seal(providerId: string, apiKey: string): string
  /** The key again. Throws `provider.keyRefused` when it was sealed for another row or secret, or was altered. */
  open(providerId: string, sealed: string): string
}

/** What is sealed for one purpose can't be opened for another. */
export type VaultPurpose = 'provider-keys' | 'outside-secrets'

const version = 'v1'
const nonceBytes = 12
const tagBytes = 16

/** A vault under a key derived from the server's `SECRET_KEY` (any non-empty string). */
export function createKeyVault(secretKey: string, purpose: VaultPurpose = 'provider-keys'): KeyVault {
  if (secretKey === '') throw new Error('SECRET_KEY is empty: provider keys cannot be encrypted.')
  const key = Buffer.from(hkdfSync('sha256', secretKey, 'stagewright', `${purpose}/${version}`, 32))

  return {
    seal(providerId, apiKey) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(boundTo(providerId))
      const sealed = Buffer.concat([cipher.update(apiKey, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return [version, nonce.toString('base64url'), sealed.toString('base64url')].join('.')
    },
    open(providerId, sealed) {
      const [storedVersion, nonce, body, ...rest] = sealed
        .split('.')
        .map((part, index) => (index ? decode(part) : part))
      if (storedVersion !== version || rest.length > 0) throw unreadable(providerId)
      if (!Buffer.isBuffer(nonce) || !Buffer.isBuffer(body)) throw unreadable(providerId)
      if (nonce.length !== nonceBytes || body.length < tagBytes) throw unreadable(providerId)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
      decipher.setAAD(boundTo(providerId)).setAuthTag(body.subarray(-tagBytes))
      try {
        return Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw unreadable(providerId, cause)
      }
    },
  }
}

function boundTo(providerId: string): Buffer {
  return Buffer.from(`${version}:${providerId}`, 'utf8')
}

/** Only the one canonical spelling: base64url's spare bits would otherwise let an altered row pass. */
function decode(part: string): Buffer | null {
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : null
}

function unreadable(providerId: string, cause?: unknown): AppError {
  return new AppError(
    'provider.keyRefused',
    `The stored API key of provider ${providerId} cannot be decrypted: SECRET_KEY has changed or the row was altered. Enter the key again.`,
    { params: { providerId, reason: 'undecryptable' }, ...(cause === undefined ? {} : { cause }) },
  )
}
