import { createMemoryStorage } from '@stagewright/core/testing'
import { createNodeCrypto } from '@stagewright/core/testing'
import { describe, expect, it } from 'vitest'
import { saveEnvironmentProvider } from './environmentProvider.ts'
import { createKeyVault } from './keyVault.ts'

const vault = createKeyVault('a secret of the server')
const provider = { baseUrl: 'https://api.example.com/v1', apiKey: 'key-1', model: 'writer-1' }

describe('the provider of the environment', () => {
  it('W27 is made at the first start with the settings, renewed with them, and at rest without them', async () => {
    const { database } = createMemoryStorage({ crypto: createNodeCrypto() })
    await saveEnvironmentProvider(database, vault, null)
    expect(await database.listProviders()).toEqual([])

    await saveEnvironmentProvider(database, vault, provider)
    const [made] = await database.listProviders()
    expect(made).toMatchObject({
      name: 'api.example.com',
      baseUrl: provider.baseUrl,
      models: [{ name: 'writer-1' }],
      active: true,
      origin: 'environment',
    })
    expect(JSON.stringify(made)).not.toContain('key-1')

    await saveEnvironmentProvider(database, vault, { ...provider, apiKey: 'key-2' })
    const renewed = await database.listProviders()
    expect(renewed.map((row) => vault.open(row.id, row.apiKeyEncrypted))).toEqual(['key-2'])

    await saveEnvironmentProvider(database, vault, null)
    expect((await database.listProviders()).map((row) => row.active)).toEqual([false])
    await saveEnvironmentProvider(database, vault, provider)
    expect((await database.listProviders()).map((row) => row.active)).toEqual([true])
  })
})
