import { AppError } from '@stagewright/core'
import { describe, expect, it } from 'vitest'
import { createKeyVault } from './keyVault.ts'
import {
  createProviderDirectory,
  pickProvider,
  type ProviderDirectoryOptions,
  type ProviderRow,
} from './providerDirectory.ts'
import { createQuirkStore } from './quirks.ts'
import { collectCall, pacedScript } from './testing/index.ts'
import { describeRequest, failureOf, openProvider } from './testing/scriptedCall.ts'

const vault = createKeyVault('a secret')

function describeRow(row: Partial<ProviderRow>): ProviderRow {
  const id = row.id ?? 'p1'
  return {
    id,
    name: 'Acme',
    baseUrl: 'http://127.0.0.1:9/v1',
    apiKeyEncrypted: vault.seal(id, `key-of-${id}`),
    models: [{ name: 'm1' }],
    active: true,
    origin: 'environment',
    weight: 1,
    ...row,
  }
}

function openDirectory(rows: ProviderRow[], options: Partial<ProviderDirectoryOptions> = {}) {
  return createProviderDirectory({
    list: async () => rows,
    vault,
    demo: null,
    quirks: createQuirkStore(),
    allowPrivate: false,
    ...options,
  })
}

const ask = async (directory: ReturnType<typeof openDirectory>, model: string | null = null) =>
  collectCall(directory.stream(describeRequest({ model })))

describe('pickProvider', () => {
  const rows = [
    describeRow({ id: 'b', name: 'B', weight: 2, models: [{ name: 'x' }, { name: 'y' }] }),
    describeRow({ id: 'a', name: 'A', weight: 2, models: [{ name: 'y' }] }),
    describeRow({ id: 'c', name: 'C', weight: 9, models: [] }),
    describeRow({ id: 'd', name: 'D', weight: 1, models: [{ name: 'z' }] }),
  ]
  it.each([
    [null, 'a'],
    ['x', 'b'],
    ['y', 'a'],
    ['z', 'd'],
    ['none', undefined],
  ])('W20 for the model %s: %s', (model, id) => {
    expect(pickProvider(rows, model)?.id).toBe(id)
    expect(pickProvider(rows.toReversed(), model)?.id).toBe(id)
  })
})

describe('providerDirectory', () => {
  it('calls the first in line with its own key and its default model, and says so first', async () => {
    const provider = await openProvider(pacedScript({ tokens: 3, tokensPerSecond: Infinity }))
    const rows = [
      describeRow({ id: 'p1', weight: 5, baseUrl: provider.baseUrl, models: [{ name: 'm1' }, { name: 'm2' }] }),
      describeRow({ id: 'p2', weight: 9, active: false }),
      describeRow({ id: 'p3', weight: 1 }),
    ]
    const { events, text, outcome } = await ask(openDirectory(rows))
    expect(events[0]).toEqual({ type: 'sent', providerId: 'p1', providerName: 'Acme', model: 'm1' })
    expect(text).toBe(provider.exchanges[0]?.sentText)
    expect(outcome.type).toBe('finished')
    expect(provider.exchanges[0]?.request.headers.authorization).toBe('Bearer key-of-p1')
    expect((await ask(openDirectory(rows), 'm2')).events[0]).toMatchObject({ model: 'm2' })
    expect(provider.exchanges[1]?.request.json?.model).toBe('m2')
  })

  it('W21 uses the demo writer only while no provider is active', async () => {
    const provider = await openProvider(pacedScript({ tokens: 3, tokensPerSecond: Infinity }))
    const demo = { id: 'demo', name: 'Demo writer', baseUrl: provider.baseUrl, apiKey: 'random', model: 'demo' }
    const { events } = await ask(openDirectory([describeRow({ active: false })], { demo }))
    expect(events[0]).toEqual({ type: 'sent', providerId: 'demo', providerName: 'Demo writer', model: 'demo' })
    expect((await ask(openDirectory([], { demo }), 'demo')).outcome.type).toBe('finished')
    expect(await ask(openDirectory([describeRow({})], { demo })).then(({ events: [first] }) => first)).toMatchObject({
      providerId: 'p1',
    })
  })

  it('W14 checks the addresses of users, not of the operator', async () => {
    const provider = await openProvider(pacedScript({ tokens: 1, tokensPerSecond: Infinity }))
    const row = describeRow({ baseUrl: provider.baseUrl, origin: 'user' })
    expect(failureOf((await ask(openDirectory([row]))).outcome)).toMatchObject({ params: { reason: 'privateAddress' } })
    expect(provider.connections).toBe(0)
    expect((await ask(openDirectory([row], { allowPrivate: true }))).outcome.type).toBe('finished')
    expect((await ask(openDirectory([{ ...row, origin: 'environment' }]))).outcome.type).toBe('finished')
  })

  it('takes a provider without a key', async () => {
    const provider = await openProvider(pacedScript({ tokens: 1, tokensPerSecond: Infinity }))
    await ask(openDirectory([describeRow({ baseUrl: provider.baseUrl, apiKeyEncrypted: null })]))
    expect(provider.exchanges[0]?.request.headers).not.toHaveProperty('authorization')
  })

  it('W20 reads the list anew for every call', async () => {
    const rows: ProviderRow[] = []
    const directory = openDirectory(rows)
    expect(failureOf((await ask(directory)).outcome).code).toBe('provider.none')
    rows.push(describeRow({}))
    expect((await ask(directory)).events[0]).toMatchObject({ providerId: 'p1' })
  })

  it.each<[string, ProviderRow[], string | null, object]>([
    ['nothing active', [describeRow({ active: false })], null, { code: 'provider.none', transient: false }],
    ['no model', [describeRow({ models: [] })], null, { code: 'provider.none', transient: false }],
    [
      'an unknown model',
      [describeRow({})],
      'm9',
      { code: 'provider.modelUnknown', transient: false, params: { model: 'm9' } },
    ],
    [
      'a key of another row',
      [describeRow({ apiKeyEncrypted: vault.seal('p2', 'k') })],
      null,
      { code: 'provider.keyRefused', params: { reason: 'undecryptable' } },
    ],
  ])('%s is a failure without any event', async (_name, rows, model, expected) => {
    const { events, outcome } = await ask(openDirectory(rows), model)
    expect(events).toEqual([])
    expect(failureOf(outcome)).toMatchObject(expected)
  })

  it('an unknown model is not given to the demo writer', async () => {
    const demo = { id: 'demo', name: 'Demo writer', baseUrl: 'http://127.0.0.1:9', apiKey: 'k', model: 'demo' }
    expect(failureOf((await ask(openDirectory([], { demo }), 'm9')).outcome).code).toBe('provider.modelUnknown')
  })

  it('a list that cannot be read may be readable later; what went wrong stays inside', async () => {
    const list = () => Promise.reject(new Error('password=planted'))
    const failure = failureOf((await ask(openDirectory([], { list }))).outcome)
    expect(failure).toMatchObject({ code: 'server.internal', transient: true })
    expect(JSON.stringify(failure)).not.toContain('planted')
    const typed = () => Promise.reject(new AppError('server.busy', 'Later.'))
    expect(failureOf((await ask(openDirectory([], { list: typed }))).outcome).code).toBe('server.busy')
  })
})
