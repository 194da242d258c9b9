/**
 * Who follows one hub, and the hub's life. Guarantees: the hub beats once a second while somebody follows and holds
 * no timer but its last one otherwise; it ends some time after the last follower left, unless somebody comes before.
 *
 * idle -> followed -> idle -> ended.
 */
import type { Clock } from '../ports/clock.ts'
import type { Waker } from './waker.ts'

const beatMs = 1000

export type FollowersOptions = {
  clock: Clock
  /** How long the hub is kept after its last follower. */
  graceMs: number
  beat(): void
  end(): void
}

export class Followers {
  readonly #options: FollowersOptions
  readonly #wakers = new Set<Waker>()
  #cancel: (() => void) | null = null
  #isDisposed = false

  constructor(options: FollowersOptions) {
    this.#options = options
    this.#endLater()
  }

  get size(): number {
    return this.#wakers.size
  }

  /** Adds a follower; the returned function takes it away again. */
  join(waker: Waker): () => void {
    this.#wakers.add(waker)
    if (this.#wakers.size === 1) this.#beatLater()
    return () => {
      if (this.#wakers.delete(waker) && this.#wakers.size === 0) this.#endLater()
    }
  }

  wakeAll(): void {
    for (const waker of this.#wakers) waker.wake()
  }

  dispose(): void {
    this.#isDisposed = true
    this.#cancel?.()
    this.wakeAll()
  }

  #beatLater(): void {
    this.#wait(beatMs, () => {
      this.#beatLater()
      this.#options.beat()
    })
  }

  #endLater(): void {
    this.#wait(this.#options.graceMs, this.#options.end)
  }

  #wait(delayMs: number, action: () => void): void {
    this.#cancel?.()
    this.#cancel = this.#isDisposed ? null : this.#options.clock.after(delayMs, action)
  }
}
