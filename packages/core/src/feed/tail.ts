/**
 * The one place in this process where a rewrite's live text stands, however many follow it. Guarantees: its attempt
 * never falls; within an attempt the text only grows, except when storage says otherwise at its close; all viewers at
 * the same place are given the same event object, so that it is encoded once.
 *
 * open, fed by a producer here -> (abandoned) -> open, fed from storage -> closed.
 * A tail fed from storage becomes a producer's when the text goes on in this process.
 */
import type { StoredText } from '../ports/rewriteStorage.ts'
import type { Clock } from '../ports/clock.ts'
import type { RewriteRecord, Span } from '../records.ts'
import type { ClosedEvent, ClosedFact, DeltaEvent, Figures, FiguresEvent, OpenEvent } from './events.ts'
import { keptLength } from './spans.ts'
import { TextPieces } from './textPieces.ts'

/** The most text one event carries: 256 KiB of code units; the rest follows in further deltas. */
export const maxEventLength = 256 * 1024
const figuresEveryMs = 500
const figuresSilenceMs = 1000

export type TailHead = Pick<RewriteRecord, 'id' | 'projectId' | 'no' | 'stageKey' | 'taskId' | 'attempt' | 'spans'>

export type TailSurroundings = {
  clock: Clock
  /** The least time between two frames, growing with the process's load. */
  frameMs(): number
  /** Somebody follows it: frames are paced. Otherwise text is shown to later viewers as it comes. */
  isWatched(tail: Tail): boolean
  /** There is something new to send. */
  changed(tail: Tail): void
}

export class Tail {
  readonly id: string
  readonly projectId: string
  readonly no: number
  readonly stage: string
  readonly taskId: string | null
  /** Who feeds it: storage is only asked when nobody in this process writes it. */
  feeder: 'producer' | 'storage'
  closed: ClosedEvent | null = null
  figuresEvent: FiguresEvent | null = null
  lastTextAt = -Infinity

  readonly #around: TailSurroundings
  readonly #text = new TextPieces()
  #attempt: number
  #spans: readonly Span[]
  #visible = 0
  #lastFrameAt = -Infinity
  #cancelFrame: (() => void) | null = null
  #deltas = new Map<number, DeltaEvent>()
  #opens = new Map<number, OpenEvent>()
  #figures: { value: Figures; at: number } | null = null
  #figuresSentAt = -Infinity

  constructor(head: TailHead, feeder: Tail['feeder'], around: TailSurroundings) {
    this.id = head.id
    this.projectId = head.projectId
    this.no = head.no
    this.stage = head.stageKey
    this.taskId = head.taskId
    this.feeder = feeder
    this.#attempt = head.attempt
    this.#spans = head.spans
    this.#around = around
  }

  get attempt(): number {
    return this.#attempt
  }

  get spans(): readonly Span[] {
    return this.#spans
  }

  /** All text known here. */
  get length(): number {
    return this.#text.length
  }

  /** The text that viewers may be given: it grows in frames, so that they stand at the same places. */
  get visible(): number {
    return this.#visible
  }

  /** Adds text that stands at `offset`; what is already here is skipped. False when text before it is missing. */
  append(offset: number, text: string): boolean {
    const had = this.length
    if (this.closed !== null || offset + text.length <= had) return true
    if (offset > had) return false
    this.#text.append(offset === had ? text : text.slice(had - offset))
    this.lastTextAt = this.#around.clock.now()
    this.#frame()
    return true
  }

  /** A newer attempt writes on: the text beyond what the spans keep of it is void. */
  takeOver(head: Pick<RewriteRecord, 'attempt' | 'spans'>): void {
    const kept = keptLength(head.spans, this.#attempt, this.length)
    this.#attempt = head.attempt
    this.#spans = head.spans
    this.#cutTo(kept)
  }

  /** Takes what storage has: of an older attempt nothing, of a newer one the takeover too. False: read again. */
  take(stored: StoredText): boolean {
    const { rewrite } = stored
    if (rewrite.attempt < this.#attempt || this.closed !== null) return true
    if (rewrite.attempt > this.#attempt) {
      this.takeOver(rewrite)
      this.feeder = 'storage'
    }
    // A closed text is the truth: should more be here than it has, everything is read again.
    if (rewrite.ending !== null && this.length > rewrite.length) this.#cutTo(0)
    if (!this.append(stored.from, stored.text)) return false
    if (rewrite.ending === null) return true
    if (this.length !== rewrite.length) return false
    this.close({ length: rewrite.length, sha256: rewrite.sha256 ?? '', ending: rewrite.ending })
    return true
  }

  /** The end is a fact in storage. Ignored unless all of the text is here; says whether it was. */
  close(fact: ClosedFact): boolean {
    if (this.closed !== null) return true
    if (fact.length !== this.length) return false
    const { length, sha256, ending } = fact
    this.closed = { type: 'closed', rewriteNo: this.no, attempt: this.#attempt, length, sha256, ending }
    this.#publish()
    return true
  }

  /** The text from `from` to what is visible, at most 256 KiB; the same object for everybody who asks for the same. */
  delta(from: number): DeltaEvent {
    const known = this.#deltas.get(from)
    if (known !== undefined) return known
    const delta: DeltaEvent = [this.no, from, this.#readFrom(from)]
    this.#deltas.set(from, delta)
    return delta
  }

  /** Names the rewrite and its attempt, with the text from `from` on; shared like deltas. */
  open(from: number): OpenEvent {
    const known = this.#opens.get(from)
    if (known !== undefined) return known
    const { no: rewriteNo, id: rewriteId, stage } = this
    const text = this.#readFrom(from)
    const closed = this.closed !== null && from + text.length === this.closed.length ? factOf(this.closed) : null
    const open: OpenEvent = { type: 'open', rewriteNo, rewriteId, stage, attempt: this.#attempt, from, text, closed }
    this.#opens.set(from, open)
    return open
  }

  show(figures: Figures): void {
    const isFirst = this.#figures === null
    this.#figures = { value: figures, at: this.#around.clock.now() }
    if (isFirst && this.#renewFigures(figuresEveryMs)) this.#around.changed(this)
  }

  /** Who said them is not heard any more: what is shown stays, and is not sent again. */
  forgetFigures(): void {
    this.#figures = null
    this.figuresEvent = null
  }

  /** While the text is silent, time still passes for who watches: called every second. */
  tick(): void {
    if (this.closed === null && this.#renewFigures(figuresSilenceMs)) this.#around.changed(this)
  }

  /** Stops its timer; the tail is not used after this. */
  dispose(): void {
    this.#cancelFrame?.()
    this.#cancelFrame = null
  }

  #readFrom(from: number): string {
    return this.#text.read(from, Math.min(this.#visible, from + maxEventLength))
  }

  #cutTo(length: number): void {
    this.#text.cut(length)
    this.#visible = Math.min(this.#visible, length)
    this.#publish()
  }

  /** The first text at once, then at most one frame per `frameMs`. */
  #frame(): void {
    if (this.#cancelFrame !== null) return
    const { clock, frameMs, isWatched } = this.#around
    const waitMs = isWatched(this) ? this.#lastFrameAt + frameMs() - clock.now() : 0
    if (waitMs <= 0) this.#publish()
    else this.#cancelFrame = clock.after(waitMs, () => this.#publish())
  }

  #publish(): void {
    this.dispose()
    this.#lastFrameAt = this.#around.clock.now()
    this.#visible = this.length
    this.#deltas.clear()
    this.#opens.clear()
    this.#renewFigures(figuresEveryMs)
    this.#around.changed(this)
  }

  #renewFigures(everyMs: number): boolean {
    const now = this.#around.clock.now()
    if (this.#figures === null || now - this.#figuresSentAt < everyMs) return false
    this.#figuresSentAt = now
    const { value, at } = this.#figures
    this.figuresEvent = { type: 'figures', figures: { ...value, elapsedMs: Math.round(value.elapsedMs + now - at) } }
    return true
  }
}

function factOf({ length, sha256, ending }: ClosedEvent): ClosedFact {
  return { length, sha256, ending }
}
