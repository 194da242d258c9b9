import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { HeldProviderMessage } from './heldProvider.ts'

const MAIN = fileURLToPath(new URL('heldProvider.ts', import.meta.url))

export type HeldProvider = {
  /** The settings that make a server use it. */
  environment: Record<string, string>
  /** Resolves when all requests have come and their answers begin. */
  begun: Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A provider in a process of its own, so that its work is not the server's. */
export async function startHeldProvider(pace: {
  requests: number
  tokens: number
  tokensPerSecond: number
}): Promise<HeldProvider> {
  const child = fork(MAIN, [pace.requests, pace.tokens, pace.tokensPerSecond].map(String))
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`The provider ended with code ${code}.`)
  })
  const [first] = (await Promise.race([once(child, 'message'), ended])) as [HeldProviderMessage]
  if (!('baseUrl' in first)) throw new Error('The provider began before it was there.')
  const begun = Promise.race([once(child, 'message').then(() => undefined), ended])
  // At the end nobody waits for it any more.
  for (const promise of [ended, begun]) promise.catch(() => {})
  return {
    environment: { OPENAI_BASE_URL: first.baseUrl, OPENAI_API_KEY: 'held', OPENAI_MODEL: 'scripted' },
    begun,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return
      const gone = once(child, 'exit')
      child.kill()
      await gone
    },
  }
}
