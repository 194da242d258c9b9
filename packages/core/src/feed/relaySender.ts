import type { Clock } from '../ports/clock.ts'
import type { Figures } from './events.ts'
import type { TextRelay, TextSource } from './textRelay.ts'

/** As often as viewers are sent frames at the most. */
const frameMs = 16

/** Gives a producer's text to the relay: the first at once, then at most one piece a frame. */
export class RelaySender {
  readonly #relay: TextRelay
  readonly #source: TextSource
  readonly #clock: Clock
  #pending: { offset: number; text: string } | null = null
  #lastSentAt = -Infinity
  #cancel: (() => void) | null = null

  constructor(relay: TextRelay, source: TextSource, clock: Clock) {
    this.#relay = relay
    this.#source = source
    this.#clock = clock
  }

  append(offset: number, text: string): void {
    if (this.#pending === null) this.#pending = { offset, text }
    else this.#pending.text += text
    if (this.#cancel !== null) return
    const waitMs = this.#lastSentAt + frameMs - this.#clock.now()
    if (waitMs <= 0) this.flush()
    else this.#cancel = this.#clock.after(waitMs, () => this.flush())
  }

  show(figures: Figures): void {
    this.#relay.publish(this.#source, { type: 'figures', figures })
  }

  /** Sends what waits now; nothing is left that would send later. */
  flush(): void {
    this.#cancel?.()
    this.#cancel = null
    if (this.#pending === null) return
    this.#lastSentAt = this.#clock.now()
    this.#relay.publish(this.#source, { type: 'text', ...this.#pending })
    this.#pending = null
  }
}
