/**
 * One viewer's response. Guarantees: nothing is queued for a viewer that does not read, beyond the frame that filled
 * the socket; after `close` nothing is written.
 *
 * open <-> full (waiting for the socket to drain) -> closed.
 */
import type { ServerResponse } from 'node:http'

export class SseConnection {
  /** When something was last written, by `performance.now()`. */
  lastWriteAt = performance.now()
  readonly #response: ServerResponse
  readonly #abort = new AbortController()
  #resolveDrained: (() => void) | null = null

  constructor(response: ServerResponse) {
    this.#response = response
    response.on('drain', () => this.#drain())
    response.on('close', () => this.#end())
    // An error of the socket is followed by `close`; without a listener it would end the process.
    response.on('error', () => undefined)
  }

  /** Aborted when the viewer has left or was cut, for whatever reason. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get isClosed(): boolean {
    return this.#abort.signal.aborted
  }

  /** Writes the parts (node gathers what is written in one turn); false: wait for `drained` before the next. */
  write(parts: readonly (Buffer | string)[]): boolean {
    if (this.isClosed) return true
    this.lastWriteAt = performance.now()
    let hasRoom = true
    for (const part of parts) hasRoom = this.#response.write(part)
    return hasRoom
  }

  /** Resolves when the socket has taken what was written, or the viewer is gone. */
  async drained(): Promise<void> {
    if (this.isClosed || !this.#response.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      this.#resolveDrained = resolve
    })
  }

  /** True while something written has not been taken by the socket. */
  get isFull(): boolean {
    return this.#response.writableNeedDrain
  }

  /**
   * Ends the response after what was written. `hangUp`: and then the connection below it, on which the viewer would
   * otherwise ask again, though others may be there to answer.
   */
  close({ hangUp = false } = {}): void {
    const { socket } = this.#response
    if (!this.isClosed) this.#response.end(hangUp ? () => socket?.destroySoon() : undefined)
    this.#end()
  }

  #drain(): void {
    const resolve = this.#resolveDrained
    this.#resolveDrained = null
    resolve?.()
  }

  #end(): void {
    this.#abort.abort()
    this.#drain()
  }
}
