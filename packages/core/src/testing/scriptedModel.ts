import type { CallEvent, CallFailure, CallOutcome, CallRequest, ProviderPort, Usage } from '../ports/provider.ts'

/** One call of the model, played by the test. Everything it is told to send is its own log: `sent()`. */
export type ScriptedCall = {
  request: CallRequest
  send(text: string): void
  think(text: string): void
  finish(reason?: 'stop' | 'length' | 'contentFilter', usage?: Usage | null): void
  fail(failure: Partial<CallFailure> & Pick<CallFailure, 'code'>): void
  sent(): string
  /** Resolves when the caller has hung up. */
  aborted: Promise<void>
}

export type ScriptedModel = ProviderPort & {
  calls: readonly ScriptedCall[]
  /** The next call, made or still to come; each is given out once. */
  nextCall(): Promise<ScriptedCall>
}

/** A provider that does what the test says, when it says so. */
export function createScriptedModel(): ScriptedModel {
  const calls: ScriptedCall[] = []
  const waiting: ((call: ScriptedCall) => void)[] = []
  let given = 0
  return {
    calls,
    async nextCall() {
      const made = calls[given++]
      return made ?? new Promise((resolve) => waiting.push(resolve))
    },
    async *stream(request): AsyncGenerator<CallEvent, CallOutcome> {
      yield { type: 'sent', providerId: 'scripted', providerName: 'Scripted', model: request.model ?? 'scripted-1' }
      const { call, events } = play(request)
      calls.push(call)
      waiting.shift()?.(call)
      return yield* events()
    },
  }
}

function play(request: CallRequest) {
  const queue: (CallEvent | { type: 'over'; outcome: CallOutcome })[] = []
  let wake = (): void => {}
  let log = ''
  const push = (item: (typeof queue)[number]): void => {
    queue.push(item)
    wake()
  }
  const aborted = new Promise<void>((resolve) => {
    if (request.signal.aborted) resolve()
    request.signal.addEventListener('abort', () => {
      resolve()
      wake()
    })
  })
  const call: ScriptedCall = {
    request,
    aborted,
    sent: () => log,
    send(text) {
      log += text
      push({ type: 'text', text })
    },
    think: (text) => push({ type: 'reasoning', text }),
    finish: (reason = 'stop', usage = null) => push({ type: 'over', outcome: { type: 'finished', reason, usage } }),
    fail: (failure) =>
      push({
        type: 'over',
        outcome: {
          type: 'failed',
          failure: { message: 'It failed.', transient: false, retryAfterMs: null, ...failure },
          usage: null,
        },
      }),
  }
  async function* events(): AsyncGenerator<CallEvent, CallOutcome> {
    for (;;) {
      if (request.signal.aborted) return { type: 'aborted' }
      const item = queue.shift()
      if (item === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else if (item.type === 'over') return item.outcome
      else yield item
    }
  }
  return { call, events }
}
