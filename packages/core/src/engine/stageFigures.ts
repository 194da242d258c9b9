import { copiedLengthOf } from '../feed/spans.ts'
import type { Figures } from '../feed/events.ts'
import type { LiveText } from '../feed/producer.ts'
import { estimateTokens } from './estimateTokens.ts'
import type { Usage } from '../ports/provider.ts'
import type { Clock } from '../ports.ts'
import type { StageRun } from './beginStage.ts'
import type { CallObserver, EndedCall } from './callModel.ts'

const showEveryMs = 250
const rateWindowMs = 5_000
const reasoningTailLength = 2_048

/** Counts what a running stage does, for its viewers and for its usage. Nothing here is stored on its own. */
export class StageFigures implements CallObserver {
  readonly #clock: Clock
  readonly #live: LiveText
  readonly #startedAt: number
  readonly #figures: Figures
  #samples: { at: number; tokens: number }[] = []
  #shownAt = Number.NEGATIVE_INFINITY
  #calls: readonly EndedCall[] = []
  readonly #models = new Set<string>()
  #usage = { promptTokens: 0, completionTokens: 0, estimated: false }

  constructor(clock: Clock, live: LiveText, { rewrite, keptText }: Pick<StageRun, 'rewrite' | 'keptText'>) {
    this.#clock = clock
    this.#live = live
    this.#startedAt = clock.now()
    this.#figures = {
      rewriteNo: rewrite.no,
      tokens: 0,
      tokensPerSecond: null,
      firstTokenMs: null,
      elapsedMs: 0,
      provider: null,
      model: null,
      reasoning: null,
    }
    // What an earlier attempt used for the text that was kept of it went with its worker. A copied text cost nothing.
    const earlier = keptText.slice(copiedLengthOf(rewrite.spans, rewrite.length))
    if (earlier !== '') this.onUsage({ promptTokens: 0, completionTokens: estimateTokens(earlier), estimated: true })
    this.#show()
  }

  /** The model all its calls went to; null when there was none, or several. */
  onlyModel(): string | null {
    const [model = null, ...others] = this.#models
    return others.length === 0 ? model : null
  }

  onSent(provider: string, model: string): void {
    this.#models.add(model)
    Object.assign(this.#figures, { provider, model })
    this.#show()
  }

  onFirstToken(afterMs: number): void {
    this.#figures.firstTokenMs ??= afterMs
  }

  onReasoning(text: string): void {
    const before = this.#figures.reasoning ?? { characters: 0, tail: '' }
    const tail = (before.tail + text).slice(-reasoningTailLength)
    this.#figures.reasoning = { characters: before.characters + text.length, tail }
    this.#showSometimes()
  }

  onText(text: string): void {
    this.#figures.tokens += estimateTokens(text)
    this.#showSometimes()
  }

  onUsage(usage: Usage): void {
    this.#usage.promptTokens += usage.promptTokens
    this.#usage.completionTokens += usage.completionTokens
    this.#usage.estimated ||= usage.estimated
  }

  onEnded(call: EndedCall): void {
    this.#calls = [...this.#calls, call]
  }

  /** Those whose records are still to be completed. */
  calls(): readonly EndedCall[] {
    return this.#calls
  }

  /** The records of the first `count` have been completed. */
  forgetCalls(count: number): void {
    this.#calls = this.#calls.slice(count)
  }

  /** `share` of the stage that is done, 0 to 1. */
  onProgress(share: number): void {
    this.#figures.progress = share
    this.#showSometimes()
  }

  usage(): { promptTokens: number; completionTokens: number; estimated: boolean } {
    return this.#usage
  }

  #showSometimes(): void {
    if (this.#clock.now() - this.#shownAt >= showEveryMs) this.#show()
  }

  #show(): void {
    const now = this.#clock.now()
    this.#shownAt = now
    this.#figures.elapsedMs = Math.round(now - this.#startedAt)
    this.#samples.push({ at: now, tokens: this.#figures.tokens })
    this.#samples = this.#samples.filter((sample) => now - sample.at <= rateWindowMs)
    const first = this.#samples[0]!
    const seconds = (now - first.at) / 1_000
    this.#figures.tokensPerSecond =
      seconds < 0.5 ? null : Math.round(((this.#figures.tokens - first.tokens) / seconds) * 10) / 10
    this.#live.show({ ...this.#figures })
  }
}
