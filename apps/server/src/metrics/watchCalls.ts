import type { CallEvent, CallOutcome, ProviderPort } from '@stagewright/core'
import type { Instruments } from './instruments.ts'

/** The provider port with the time to the first text and what came of each call counted. */
export function watchCalls(
  provider: ProviderPort,
  { calls, firstToken }: Pick<Instruments, 'calls' | 'firstToken'>,
): ProviderPort {
  return {
    async *stream(request) {
      let name = 'none'
      let sentAtMs: number | null = null
      const take = (event: CallEvent): void => {
        if (event.type === 'sent') {
          name = event.providerName
          sentAtMs = performance.now()
        } else if (event.type === 'text' && sentAtMs !== null) {
          firstToken.observe({ provider: name }, (performance.now() - sentAtMs) / 1_000)
          sentAtMs = null
        }
      }
      const events = provider.stream(request)
      let outcome: string = 'left'
      try {
        for (;;) {
          const next = await events.next()
          if (next.done === true) {
            outcome = wordOf(next.value)
            return next.value
          }
          take(next.value)
          yield next.value
        }
      } finally {
        calls.inc({ provider: name, outcome })
        // The engine hangs up by leaving: the call below must learn of it.
        await events.return(undefined as never)
      }
    },
  }
}

function wordOf(outcome: CallOutcome): string {
  switch (outcome.type) {
    case 'finished':
      return outcome.reason
    case 'failed':
      return outcome.failure.code
    case 'aborted':
      return 'aborted'
  }
}
