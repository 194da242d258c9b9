import type { Database } from '@stagewright/core'
import { rememberAnswers } from '../accounts/rememberAnswers.ts'
import type { Config } from '../config.ts'
import { startDemoWriter } from '../demo/demoWriter.ts'
import { saveEnvironmentProvider } from './environmentProvider.ts'
import { createKeyVault } from './keyVault.ts'
import { createProviderDirectory } from './providerDirectory.ts'
import { createQuirkStore } from './quirks.ts'

/** Providers change with the settings of a start; a change by another process is seen within this time. */
const providersBelievedMs = 30_000

export type Providers = Awaited<ReturnType<typeof openProviders>>

/** The way to the models: the providers of the database, or the demo writer while there is none. */
export async function openProviders(
  config: Config,
  { database, secretKey, stack }: { database: Database; secretKey: string; stack: AsyncDisposableStack },
) {
  const vault = createKeyVault(secretKey)
  // Who runs no tasks may be without the settings of the provider: it must not put it to rest for those who have them.
  if (config.role !== 'api') await saveEnvironmentProvider(database, vault, config.provider)
  const demo = await startDemoWriter()
  stack.defer(() => demo.close())
  const providers = rememberAnswers(providersBelievedMs, () => database.listProviders())
  const list = () => providers.ask('all', undefined)
  const port = createProviderDirectory({
    list,
    vault,
    demo: { ...demo, id: 'demo', name: 'Demo writer' },
    quirks: createQuirkStore(),
    allowPrivate: config.allowPrivateProviders,
  })
  const usesDemoWriter = async (): Promise<boolean> => !(await list()).some((row) => row.active)
  // Read once before the first task, which then need not.
  await list()
  return { port, usesDemoWriter }
}
