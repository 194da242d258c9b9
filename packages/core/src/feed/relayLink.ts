/**
 * What a tail that is fed from storage hears of its text before it is stored. Guarantees: the tail is given text of its
 * own attempt only, and only where it goes on; what came too early waits, in a bounded place, until storage has given
 * what lies before it.
 *
 * unlinked -> in step <-> ahead (there is a gap: storage is asked) -> unlinked, when the tail is closed, written here or
 * dropped; linked anew when its attempt changes.
 */
import type { RelayedPiece, TextRelay } from './textRelay.ts'
import type { Tail } from './tail.ts'

/** Code units that may wait: far more than is written while storage falls behind by a tick. */
const mostAhead = 256 * 1024

export class RelayLink {
  readonly #tail: Tail
  readonly #relay: TextRelay
  readonly #askStorage: () => void
  #linked: { attempt: number; stop(): void } | null = null
  #isWanted = false
  /** Text without gaps that begins beyond the tail's end. */
  #ahead: { from: number; text: string } | null = null
  #hasHeardSinceBell = false

  constructor(tail: Tail, relay: TextRelay, askStorage: () => void) {
    this.#tail = tail
    this.#relay = relay
    this.#askStorage = askStorage
  }

  /** Somebody follows the tail. */
  want(): void {
    this.#isWanted = true
    this.renew()
  }

  /** To be called whenever the tail's attempt, feeder or end may have changed, and after storage has fed it. */
  renew(): void {
    const { attempt, closed, feeder } = this.#tail
    const isNeeded = this.#isWanted && closed === null && feeder === 'storage'
    if (this.#linked !== null && (!isNeeded || this.#linked.attempt !== attempt)) this.#unlink()
    if (isNeeded && this.#linked === null) this.#link(attempt)
    this.#close()
  }

  /** More is stored. True when the relay has brought text since the last time: then storage need not be asked. */
  hasBrought(): boolean {
    const hasBrought = this.#linked !== null && this.#ahead === null && this.#hasHeardSinceBell
    this.#hasHeardSinceBell = false
    // Figures that nobody renews would be shown as the present ones.
    if (!hasBrought) this.#tail.forgetFigures()
    return hasBrought
  }

  stop(): void {
    this.#isWanted = false
    this.#unlink()
  }

  #link(attempt: number): void {
    const stop = this.#relay.subscribe({ rewriteId: this.#tail.id, attempt }, (piece) => this.#hear(attempt, piece))
    this.#linked = { attempt, stop }
  }

  #unlink(): void {
    this.#linked?.stop()
    this.#linked = null
    this.#ahead = null
    this.#hasHeardSinceBell = false
  }

  #hear(attempt: number, piece: RelayedPiece): void {
    if (this.#linked?.attempt !== attempt) return
    if (piece.type === 'figures') {
      this.#tail.show(piece.figures)
      return
    }
    this.#hasHeardSinceBell = true
    if (this.#tail.append(piece.offset, piece.text)) {
      this.#close()
      return
    }
    const isNew = this.#ahead === null
    this.#hold(piece.offset, piece.text)
    if (isNew) this.#askStorage()
  }

  /** Text that does not go on where the waiting one ends takes its place: storage will have what lies between. */
  #hold(offset: number, text: string): void {
    const ahead = this.#ahead
    const end = ahead === null ? -1 : ahead.from + ahead.text.length
    if (ahead === null || offset < ahead.from || offset > end) this.#ahead = { from: offset, text }
    else ahead.text += text.slice(end - offset)
    if (this.#ahead!.text.length > mostAhead) this.#ahead = { from: offset, text }
  }

  /** Gives the tail what waited, once it has what lies before that. */
  #close(): void {
    if (this.#ahead !== null && this.#tail.append(this.#ahead.from, this.#ahead.text)) this.#ahead = null
  }
}
