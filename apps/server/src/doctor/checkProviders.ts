import type { CallOutcome, Database } from '@stagewright/core'
import { createOpenaiProvider } from '../providers/openaiProvider.ts'
import type { KeyVault } from '../providers/keyVault.ts'
import type { ProviderRow } from '../providers/providerDirectory.ts'
import { createQuirkStore } from '../providers/quirks.ts'
import { note, well, wordsOf, wrong, type Finding } from './finding.ts'

const callWithinMs = 30_000

export type ProviderCheck = { database: Pick<Database, 'listProviders'>; vault: KeyVault | null; allowPrivate: boolean }

/** One short call of each active provider: it is reached, takes the key, knows the model, streams, and tells the usage. */
export async function checkProviders({ database, vault, allowPrivate }: ProviderCheck): Promise<Finding[]> {
  const active = (await database.listProviders()).filter((row) => row.active)
  if (active.length === 0) return [note('provider', 'None is active: the demo writer writes.')]
  return Promise.all(active.map((row) => checkProvider(row, { vault, allowPrivate })))
}

type Parts = Omit<ProviderCheck, 'database'>

async function checkProvider(row: ProviderRow, { vault, allowPrivate }: Parts): Promise<Finding> {
  const about = `provider ${row.name}`
  const model = row.models[0]?.name
  if (model === undefined) return wrong(about, 'It has no model. Set OPENAI_MODEL.')
  const key = openKey(row, vault)
  if ('failure' in key) return wrong(about, key.failure)
  const provider = createOpenaiProvider({
    id: row.id,
    name: row.name,
    baseUrl: row.baseUrl,
    apiKey: key.apiKey,
    model,
    allowPrivate: allowPrivate || row.origin === 'environment',
    quirks: createQuirkStore(),
    maxTokens: 16,
  })
  const startedAt = performance.now()
  const signal = AbortSignal.timeout(callWithinMs)
  const messages = [{ role: 'user', content: 'Answer with the one word: ready' }] as const
  const events = provider.stream({ messages, format: 'text', model: null, signal })
  let firstMs: number | null = null
  for (;;) {
    const next = await events.next()
    if (next.done === true) return describeOutcome(next.value, { about, model, firstMs })
    if (next.value.type === 'text') firstMs ??= Math.round(performance.now() - startedAt)
  }
}

function openKey(row: ProviderRow, vault: KeyVault | null): { apiKey: string | null } | { failure: string } {
  if (row.apiKeyEncrypted === null) return { apiKey: null }
  if (vault === null) return { failure: 'Its key cannot be opened: there is no secret key in the data folder.' }
  try {
    return { apiKey: vault.open(row.id, row.apiKeyEncrypted) }
  } catch (error) {
    return { failure: `Its key cannot be opened with this SECRET_KEY: ${wordsOf(error)}` }
  }
}

function describeOutcome(
  outcome: CallOutcome,
  { about, model, firstMs }: { about: string; model: string; firstMs: number | null },
): Finding {
  switch (outcome.type) {
    case 'aborted':
      return wrong(about, `${model} has not answered within ${callWithinMs / 1_000} s.`)
    case 'failed':
      return wrong(about, `${outcome.failure.message} (${outcome.failure.code})`)
    case 'finished': {
      // The limit of 16 tokens may well be reached: the stream came all the same.
      const usage = outcome.usage === null ? 'It tells no usage, so that is estimated.' : 'It tells its usage.'
      if (firstMs === null) return wrong(about, `${model} finished without a text.`)
      return well(about, `It is reached, takes the key, and ${model} streams: first text after ${firstMs} ms. ${usage}`)
    }
  }
}
