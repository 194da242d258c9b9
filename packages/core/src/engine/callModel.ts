/**
 * One answer of a model, with everything around the call that is ours: the watchdogs, the retries before the first
 * token, the record of what was sent. Guarantees: the provider's generator is always told to close; a provider that
 * does not heed it holds up nobody.
 */
import { UniqueViolation, type Database } from '../ports.ts'
import { estimateTokens } from './estimateTokens.ts'
import type { CallEvent, CallFailure, CallOutcome, Message, Usage } from '../ports/provider.ts'
import type { Ending } from '../records.ts'
import type { Failure } from '../errors.ts'
import type { StageRun } from './beginStage.ts'
import { decideRetry } from './decideRetry.ts'
import type { EngineDeps } from './deps.ts'
import { waitOutOutage } from './outage.ts'
import { AttemptAborted, reasonOf, StageFailed } from './stageErrors.ts'

const reasoningKeptLength = 64 * 1_024

/** What the figures beside a running text are made of. */
export type CallObserver = {
  onSent(provider: string, model: string): void
  onFirstToken(afterMs: number): void
  onReasoning(text: string): void
  onUsage(usage: Usage): void
  /** The call is over; its record is completed with the stage's end. */
  onEnded(call: EndedCall): void
}

export type EndedCall = { callId: string; ending: Parameters<Database['endCall']>[1] }

export type ModelCall = {
  run: StageRun
  messages: readonly Message[]
  format: 'text' | 'json'
  signal: AbortSignal
  observer: CallObserver
}

/** Yields raw text. Throws {@link StageFailed} when the answer fails for good, {@link AttemptAborted} when stopped. */
export async function* callModel(deps: EngineDeps, call: ModelCall): AsyncGenerator<string, void> {
  for (let tries = 1; ; tries++) {
    if (call.signal.aborted) throw new AttemptAborted(reasonOf(call.signal))
    const end = yield* callOnce(deps, call)
    if (call.signal.aborted) throw new AttemptAborted(reasonOf(call.signal))
    if (end.outcome.type === 'finished') return endFinished(end.outcome.reason)
    const failure = end.outcome.type === 'failed' ? end.outcome.failure : end.watchdog
    if (failure === null) throw new AttemptAborted(reasonOf(call.signal))
    const delayMs = end.hasBegun ? null : decideRetry(failure, tries, deps.settings, deps.random())
    if (delayMs === null) throw new StageFailed(asFailure(failure), 'interrupted')
    deps.log.warn(
      { taskId: call.run.task.id, code: failure.code, tries, delayMs },
      'The provider failed before its first token; trying again.',
    )
    await sleep(deps, delayMs, call.signal)
  }
}

type CallEnd = { outcome: CallOutcome; hasBegun: boolean; watchdog: CallFailure | null }

async function* callOnce(deps: EngineDeps, call: ModelCall): AsyncGenerator<string, CallEnd> {
  const { clock, settings } = deps
  const abort = new AbortController()
  const forward = () => abort.abort(call.signal.reason)
  call.signal.addEventListener('abort', forward, { once: true })
  const watch = watchdog(deps, abort)
  const record = new CallRecorder(deps, call)
  const { model } = call.run.task
  const events = deps.provider.stream({ messages: call.messages, format: call.format, model, signal: abort.signal })
  const orAborted = untilAborted(abort.signal)
  let hasBegun = false
  let outcome: CallOutcome = { type: 'aborted' }
  try {
    const startedAt = clock.now()
    watch.expect('provider.firstTokenTimeout', settings.firstTokenTimeoutMs)
    for (;;) {
      const step = await orAborted(events.next())
      if (step === null) break
      if (step.done) {
        outcome = step.value
        break
      }
      const event = step.value
      if (event.type === 'sent') {
        await record.begin(event)
        continue
      }
      if (!hasBegun) {
        hasBegun = true
        record.firstTextMs = Math.round(clock.now() - startedAt)
        call.observer.onFirstToken(record.firstTextMs)
      }
      // The stage may take its time (a checkpoint while the database is away): that is no silence of the provider's.
      watch.stop()
      record.note(event)
      if (event.type === 'reasoning') call.observer.onReasoning(event.text)
      else yield event.text
      watch.expect('provider.textIdleTimeout', settings.textIdleTimeoutMs)
    }
  } finally {
    watch.stop()
    call.signal.removeEventListener('abort', forward)
    // Left early (the stage stopped reading): the provider's socket must not outlive the call.
    abort.abort()
    void events.return({ type: 'aborted' }).catch(() => {})
    record.end(outcome, watch.fired)
  }
  return { outcome, hasBegun, watchdog: watch.fired }
}

/**
 * Waits for one promise after the other, but not beyond the signal, where it gives null. Not `Promise.race`: a promise for
 * the abort would keep every answer that it was ever raced against.
 */
function untilAborted(signal: AbortSignal): <T>(next: Promise<T>) => Promise<T | null> {
  let giveUp = (): void => {}
  signal.addEventListener('abort', () => giveUp(), { once: true })
  return (next) =>
    new Promise((resolve, reject) => {
      giveUp = () => resolve(null)
      if (signal.aborted) giveUp()
      next.then(resolve, reject)
    })
}

/** Aborts the call when what it expects does not come in time. */
function watchdog(deps: EngineDeps, abort: AbortController) {
  let cancel = (): void => {}
  const dog = {
    fired: null as CallFailure | null,
    expect(code: 'provider.firstTokenTimeout' | 'provider.textIdleTimeout', withinMs: number): void {
      cancel()
      cancel = deps.clock.after(withinMs, () => {
        dog.fired = timeoutFailure(code, withinMs)
        abort.abort(dog.fired)
      })
    },
    stop(): void {
      cancel()
    },
  }
  return dog
}

function timeoutFailure(
  code: 'provider.firstTokenTimeout' | 'provider.textIdleTimeout',
  withinMs: number,
): CallFailure {
  const seconds = Math.round(withinMs / 1_000)
  const message =
    code === 'provider.firstTokenTimeout'
      ? `The provider sent nothing for ${seconds} seconds after the request. Try again, or use another provider.`
      : `The provider sent no new text for ${seconds} seconds. The text so far is kept.`
  return { code, message, params: { withinMs }, transient: true, retryAfterMs: null }
}

function endFinished(reason: 'stop' | 'length' | 'contentFilter'): void {
  if (reason === 'stop') return
  const failure: Failure =
    reason === 'length'
      ? {
          code: 'provider.cutOff',
          message: 'The model reached its output limit before the text was finished. The text so far is kept.',
        }
      : {
          code: 'provider.contentFiltered',
          message: "The provider's content filter stopped the text. What came before is kept.",
        }
  const ending: Ending = reason === 'length' ? 'cutOff' : 'interrupted'
  throw new StageFailed(failure, ending)
}

function asFailure({ code, message, params }: CallFailure): Failure {
  return params === undefined ? { code, message } : { code, message, params }
}

async function sleep(deps: EngineDeps, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) throw new AttemptAborted(reasonOf(signal))
  await new Promise<void>((resolve) => {
    const cancel = deps.clock.after(delayMs, settle)
    signal.addEventListener('abort', settle, { once: true })
    function settle(): void {
      cancel()
      signal.removeEventListener('abort', settle)
      resolve()
    }
  })
  if (signal.aborted) throw new AttemptAborted(reasonOf(signal))
}

/** Writes down what was sent, before it is sent, and what came of it. */
class CallRecorder {
  readonly #deps: EngineDeps
  readonly #call: ModelCall
  readonly #id: string
  #hasBegun = false
  #reasoning = ''
  #completionTokens = 0
  firstTextMs: number | null = null

  constructor(deps: EngineDeps, call: ModelCall) {
    this.#deps = deps
    this.#call = call
    this.#id = deps.crypto.newId()
  }

  async begin(event: Extract<CallEvent, { type: 'sent' }>): Promise<void> {
    const { task, stageKey } = this.#call.run
    this.#call.observer.onSent(event.providerName, event.model)
    const call = {
      id: this.#id,
      taskId: task.id,
      attempt: task.attempt,
      stageKey,
      createdBy: task.createdBy,
      providerId: event.providerId,
      providerName: event.providerName,
      model: event.model,
      messages: this.#call.messages,
    }
    await waitOutOutage(this.#deps, this.#call.signal, () => this.#deps.database.insertCall(call)).catch(
      (error: unknown) => {
        // Stored by a try whose answer was lost.
        if (!(error instanceof UniqueViolation)) throw error
      },
    )
    this.#hasBegun = true
  }

  note(event: Exclude<CallEvent, { type: 'sent' }>): void {
    this.#completionTokens += estimateTokens(event.text)
    if (event.type === 'reasoning') this.#reasoning = (this.#reasoning + event.text).slice(-reasoningKeptLength)
  }

  end(outcome: CallOutcome, watchdogFailure: CallFailure | null): void {
    const usage = (outcome.type === 'aborted' ? null : outcome.usage) ?? this.#estimate()
    this.#call.observer.onUsage(usage)
    if (!this.#hasBegun) return
    const failure =
      outcome.type === 'failed' ? asFailure(outcome.failure) : watchdogFailure && asFailure(watchdogFailure)
    const ending = {
      outcome: watchdogFailure === null ? outcome.type : 'failed',
      failure,
      firstTextMs: this.firstTextMs,
      promptTokens: usage.promptTokens,
      completionTokens: usage.completionTokens,
      usageEstimated: usage.estimated,
      reasoning: this.#reasoning === '' ? null : this.#reasoning,
    }
    this.#call.observer.onEnded({ callId: this.#id, ending })
  }

  /** What the provider did not say is estimated, and said to be. A call that brought nothing costs nothing. */
  #estimate(): Usage {
    if (this.#completionTokens === 0) return { promptTokens: 0, completionTokens: 0, estimated: true }
    const promptTokens = this.#call.messages.reduce((sum, message) => sum + estimateTokens(message.content), 0)
    return { promptTokens, completionTokens: this.#completionTokens, estimated: true }
  }
}
