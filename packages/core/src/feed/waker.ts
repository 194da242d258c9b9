/**
 * How a follower waits: one object for its whole life, so that waiting costs no listener and no timer. A wake while
 * nobody waits is not kept: a follower waits in the same turn in which it has found nothing new.
 */
export class Waker {
  #resolve: (() => void) | null = null

  readonly wake = (): void => {
    const resolve = this.#resolve
    this.#resolve = null
    resolve?.()
  }

  /** Resolves at the next wake. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolve = resolve
    })
  }
}
