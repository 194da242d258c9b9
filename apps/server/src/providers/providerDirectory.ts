import type { CallEvent, CallFailure, CallOutcome, CallRequest, ErrorCode, ProviderPort } from '@stagewright/core'
import { AppError } from '@stagewright/core'
import type { KeyVault } from './keyVault.ts'
import { createOpenaiProvider, type OpenaiProviderOptions } from './openaiProvider.ts'
import type { QuirkStore } from './quirks.ts'

/** A provider as it is stored. */
export type ProviderRow = {
  id: string
  name: string
  baseUrl: string
  /** Sealed by the vault for this row's id; null where the provider takes no key. */
  apiKeyEncrypted: string | null
  /** The first is the default. */
  models: readonly { name: string }[]
  active: boolean
  /** `environment`: set by the operator, so its address may be private. */
  origin: 'user' | 'environment'
  /** The greatest is asked first. */
  weight: number
}

/** The writer that is used while no provider is active. */
export type DemoWriter = Pick<OpenaiProviderOptions, 'id' | 'name' | 'baseUrl' | 'apiKey' | 'model'>

export type ProviderDirectoryOptions = {
  list(): Promise<readonly ProviderRow[]>
  vault: KeyVault
  /** null: without an active provider calls fail as `provider.none`. */
  demo: DemoWriter | null
  quirks: QuirkStore
  /** Whether users' providers may have private addresses. */
  allowPrivate: boolean
} & Pick<OpenaiProviderOptions, 'limits' | 'resolve'>

type Choice = { type: 'provider'; options: OpenaiProviderOptions } | { type: 'none'; failure: CallFailure }

/** The `ProviderPort` of the engine: each call goes to the provider that is first in line for it at that moment. */
export function createProviderDirectory(directory: ProviderDirectoryOptions): ProviderDirectory {
  return {
    stream: (request) => streamChosen(directory, request),
    async defaultModel() {
      const choice = await choose(directory, null)
      return choice.type === 'provider' ? choice.options.model : null
    },
  }
}

export type ProviderDirectory = ProviderPort & {
  /** The model that a call without a wish goes to now; null while there is none. */
  defaultModel(): Promise<string | null>
}

async function* streamChosen(
  directory: ProviderDirectoryOptions,
  request: CallRequest,
): AsyncGenerator<CallEvent, CallOutcome> {
  const choice = await choose(directory, request.model)
  if (request.signal.aborted) return { type: 'aborted' }
  if (choice.type === 'none') return { type: 'failed', failure: choice.failure, usage: null }
  return yield* createOpenaiProvider(choice.options).stream(request)
}

async function choose(directory: ProviderDirectoryOptions, model: string | null): Promise<Choice> {
  try {
    const active = (await directory.list()).filter((row) => row.active)
    const { quirks, limits, resolve, demo } = directory
    const rest = { quirks, ...(limits && { limits }), ...(resolve && { resolve }) }
    if (active.length === 0 && demo !== null && (model === null || model === demo.model)) {
      return { type: 'provider', options: { ...demo, ...rest, allowPrivate: true } }
    }
    const row = pickProvider(active, model)
    if (row === null) return { type: 'none', failure: explainNone(active, model) }
    const [first] = row.models
    const apiKey = row.apiKeyEncrypted === null ? null : directory.vault.open(row.id, row.apiKeyEncrypted)
    const allowPrivate = directory.allowPrivate || row.origin === 'environment'
    const { id, name, baseUrl } = row
    return {
      type: 'provider',
      options: { id, name, baseUrl, apiKey, model: model ?? first?.name ?? '', allowPrivate, ...rest },
    }
  } catch (error) {
    return { type: 'none', failure: explainError(error) }
  }
}

/** The provider first in line: the greatest weight, then the name. With a model, among those that have it. */
export function pickProvider(rows: readonly ProviderRow[], model: string | null): ProviderRow | null {
  const fit = rows.filter(({ models }) =>
    model === null ? models.length > 0 : models.some(({ name }) => name === model),
  )
  // Not by locale: the order must be the same on every machine.
  const [first] = fit.toSorted((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
  return first ?? null
}

function explainNone(active: readonly ProviderRow[], model: string | null): CallFailure {
  if (model !== null) {
    return refuse(
      'provider.modelUnknown',
      `No active provider has the model ${model}. Choose another model, or add it to a provider.`,
      { model },
    )
  }
  const message =
    active.length === 0
      ? 'No provider is active. Set OPENAI_BASE_URL and OPENAI_API_KEY, and start the server again.'
      : 'No active provider has a model. Set OPENAI_MODEL, and start the server again.'
  return refuse('provider.none', message, {})
}

function explainError(error: unknown): CallFailure {
  if (error instanceof AppError) return refuse(error.code, error.message, error.params)
  // The list could not be read: the database is away, and may be back for the next try.
  const failure = refuse('server.internal', 'The providers cannot be read at the moment. Try again.', {})
  return { ...failure, transient: true }
}

function refuse(code: ErrorCode, message: string, params: AppError['params']): CallFailure {
  return { code, message, params, transient: false, retryAfterMs: null }
}
