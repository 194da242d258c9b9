import type { Database, ProviderRecord } from '@stagewright/core'
import type { Sql } from './sql.ts'

export function providerOperations(sql: Sql): Pick<Database, 'listProviders' | 'saveProvider'> {
  return {
    async listProviders() {
      const rows = await sql.provider.findMany({
        omit: { createdAt: true },
        orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      })
      return rows as ProviderRecord[]
    },
    async saveProvider(provider) {
      await sql.provider.upsert({ where: { id: provider.id }, create: provider, update: provider })
    },
  }
}
