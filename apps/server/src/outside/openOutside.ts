import type { OutsidePort } from '@stagewright/core'
import type { Config } from '../config.ts'
import { createKeyVault, type KeyVault } from '../providers/keyVault.ts'
import { createOutsidePort } from './createOutsidePort.ts'
import { createUploadTokens, type UploadTokens } from './uploadTokens.ts'

/** What messages to and from the outside are signed with. */
export type OutsideSigning = {
  vault: KeyVault
  /** May be used by every processor beside its own; null: there is none. */
  sharedSecret: string | null
  uploads: UploadTokens
}

export type OpenOutside = { signing: OutsideSigning; outside: OutsidePort }

/** The way to processors and webhooks. `ownUrl` is asked each time: it is known only once the server listens. */
export function openOutside(config: Config, secretKey: string, ownUrl: () => string): OpenOutside {
  const vault = createKeyVault(secretKey, 'outside-secrets')
  const signing = { vault, sharedSecret: config.webhookSecret, uploads: createUploadTokens(secretKey) }
  // A PUBLIC_URL may end in a slash.
  const baseUrl = () => ownUrl().replace(/\/+$/, '')
  return {
    signing,
    outside: createOutsidePort({ ...signing, allowPrivate: config.allowPrivateProviders, ownUrl: baseUrl }),
  }
}
