import { WaitingRings, type Rings } from './rings.ts'

/** PostgreSQL lets notifying transactions commit one after another: a process is not to be there for every ring. */
const tickMs = 10

export type RingPostOptions = {
  /** Rejects when it is not known to have been sent. */
  send: (rings: Rings) => Promise<void>
  canSend: () => boolean
}

/**
 * Sends rings on, at most once a tick and one message at a time. Guarantee: what waits stays small, and stays until it
 * was sent. Nothing waits -> (add) waits for the tick -> being sent -> nothing waits, or it waits again.
 */
export class RingPost {
  readonly #options: RingPostOptions
  readonly #waiting = new WaitingRings()
  #timer: NodeJS.Timeout | null = null
  #sending: Promise<void> | null = null
  #lastSentAtMs = -Infinity
  #isStopped = false

  constructor(options: RingPostOptions) {
    this.#options = options
  }

  add(key: Parameters<WaitingRings['add']>[0]): void {
    this.#waiting.add(key)
    this.sendSoon()
  }

  /** To be called when sending has become possible. */
  sendSoon(): void {
    const isBusy = this.#timer !== null || this.#sending !== null
    if (isBusy || this.#isStopped || this.#waiting.isEmpty || !this.#options.canSend()) return
    this.#timer = setTimeout(() => this.#sendNow(), Math.max(0, this.#lastSentAtMs + tickMs - performance.now()))
    this.#timer.unref()
  }

  /** Sends what waits, if that can be, and nothing after it. */
  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#sending
    if (!this.#waiting.isEmpty && this.#options.canSend()) await this.#send()
  }

  #sendNow(): void {
    this.#timer = null
    this.#sending = this.#send().finally(() => {
      this.#sending = null
      this.sendSoon()
    })
  }

  async #send(): Promise<void> {
    const rings = this.#waiting.take()
    this.#lastSentAtMs = performance.now()
    try {
      await this.#options.send(rings)
    } catch {
      // Why is told where the connection is kept. Sent twice does no harm.
      this.#waiting.putBack(rings)
    }
  }
}
