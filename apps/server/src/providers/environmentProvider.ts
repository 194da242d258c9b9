import type { Database } from '@stagewright/core'
import type { Config } from '../config.ts'
import type { KeyVault } from './keyVault.ts'

/** The one row that speaks for the environment; its id is fixed so that a later start finds it. */
const environmentProviderId = '00000000-0000-7000-8000-000000000001'

/** Keeps the provider that `OPENAI_*` names: made at first start, renewed with the settings, at rest while they are not set. */
export async function saveEnvironmentProvider(
  database: Database,
  vault: KeyVault,
  provider: Config['provider'],
): Promise<void> {
  const known = (await database.listProviders()).find((row) => row.id === environmentProviderId)
  if (provider === null) {
    if (known?.active) await database.saveProvider({ ...known, active: false })
    return
  }
  await database.saveProvider({
    id: environmentProviderId,
    name: known?.name ?? new URL(provider.baseUrl).hostname,
    baseUrl: provider.baseUrl,
    apiKeyEncrypted: vault.seal(environmentProviderId, provider.apiKey),
    models: [{ name: provider.model }],
    active: true,
    origin: 'environment',
    weight: known?.weight ?? 100,
  })
}
