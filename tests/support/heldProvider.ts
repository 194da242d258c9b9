// Run as a process of its own: a provider that holds every request until so many have come, then answers all of them at
// one pace. `node heldProvider.ts <requests> <tokens> <tokens per second>`; says where it is, and when it begins.
import { pacedScript, startScriptedProvider } from '../../apps/server/src/providers/testing/index.ts'

export type HeldProviderMessage = { baseUrl: string } | { begun: true }

const [requests = 1, tokens = 1, tokensPerSecond = 1] = process.argv.slice(2).map(Number)
const answer = pacedScript({ tokens, tokensPerSecond })
const all = Promise.withResolvers<void>()
const provider = await startScriptedProvider(async (exchange) => {
  if (exchange.request.number === requests) {
    tell({ begun: true })
    all.resolve()
  }
  await all.promise
  await answer(exchange)
})
tell({ baseUrl: provider.baseUrl })
process.on('disconnect', () => process.exit(0))

function tell(message: HeldProviderMessage): void {
  process.send?.(message)
}
