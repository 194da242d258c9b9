/** A fair lock: turns are given in the order they were asked for. */
export class TurnLock {
  #tail: Promise<void> = Promise.resolve()

  /** Settles when it is the caller's turn; the turn lasts until the function it gives is called. */
  async acquire(): Promise<() => void> {
    const before = this.#tail
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tail = promise
    await before
    return resolve
  }
}
