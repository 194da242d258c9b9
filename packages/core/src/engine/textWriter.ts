/**
 * Makes the live text of this process durable. Guarantees: text of a stream is stored in order and without gaps; one
 * statement at a time writes for all streams; a stream whose row is no longer ours is told so once and never written
 * again; a database that is away costs nothing but time until a limit is passed.
 *
 * A stream: writing -> (lost: another attempt owns the row) | (ended: the runner is done with it).
 */
import { DatabaseUnavailable, type ChunkWrite, type ChunkWritten, type Clock, type Database } from '../ports.ts'
import type { EngineLog } from './deps.ts'
import type { EngineSettings } from './settings.ts'

export type LossReason = 'fenced' | 'databaseAway' | 'refused'

export type TextStream = {
  /** Adds text that is already normalised. */
  append(text: string): void
  /** Resolves when everything appended so far is durable; throws {@link StreamLost} when it never will be. */
  flush(): Promise<void>
  /** All text, kept and new. */
  text(): string
  length(): number
  end(): void
}

export class StreamLost extends Error {
  override readonly name = 'StreamLost'
  readonly reason: LossReason
  constructor(reason: LossReason) {
    super(`This worker can no longer store the text (${reason}).`)
    this.reason = reason
  }
}

export type StreamOptions = {
  rewriteId: string
  attempt: number
  keptText: string
  onLost(reason: LossReason): void
  onCancelRequested(): void
}

/** Stored text is kept in pieces: joining it per tick would make a long text cost more than a short one. */
type Stream = StreamOptions & {
  stored: string[]
  durableLength: number
  pending: string
  lost: LossReason | null
  /** The last write got no answer: it may have been committed all the same. */
  isUnsure: boolean
  lastWriteAt: number
}
type Waiter = { stream: Stream; length: number; resolve(): void; reject(error: Error): void }

export type TextWriterDeps = {
  database: Pick<Database, 'appendChunks' | 'storedTextFrom'>
  clock: Clock
  log: EngineLog
  settings: EngineSettings
  /** Told after each statement which rewrites have more durable text. */
  onStored(rewriteIds: readonly string[]): void
}

export class TextWriter {
  readonly #deps: TextWriterDeps
  readonly #streams = new Set<Stream>()
  #waiters: Waiter[] = []
  #cancelTick: (() => void) | null = null
  #isWriting = false
  #awaySince: number | null = null

  constructor(deps: TextWriterDeps) {
    this.#deps = deps
  }

  open(options: StreamOptions): TextStream {
    const { keptText } = options
    const stream: Stream = {
      ...options,
      stored: [keptText],
      durableLength: keptText.length,
      pending: '',
      lost: null,
      isUnsure: false,
      lastWriteAt: this.#deps.clock.now(),
    }
    this.#streams.add(stream)
    const { durableTickLength, durableTickMs } = this.#deps.settings
    return {
      append: (text) => {
        stream.pending += text
        this.#writeSoon(stream.pending.length >= durableTickLength ? 0 : durableTickMs)
      },
      flush: () => this.#flush(stream),
      text: () => stream.stored.join('') + stream.pending,
      length: () => lengthOf(stream),
      end: () => void this.#streams.delete(stream),
    }
  }

  /** Streams that have had no answer from the database for `silentMs`: nobody told them of a wish to stop. */
  silentFor(silentMs: number): Set<string> {
    const now = this.#deps.clock.now()
    return new Set(
      [...this.#streams].filter((stream) => now - stream.lastWriteAt >= silentMs).map((stream) => stream.rewriteId),
    )
  }

  #flush(stream: Stream): Promise<void> {
    if (stream.lost !== null) return Promise.reject(new StreamLost(stream.lost))
    if (stream.pending === '') return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.push({ stream, length: lengthOf(stream), resolve, reject })
      this.#writeSoon(0)
    })
  }

  #writeSoon(delayMs: number): void {
    if (this.#isWriting) return
    if (this.#cancelTick !== null && delayMs > 0) return
    this.#cancelTick?.()
    this.#cancelTick = this.#deps.clock.after(delayMs, () => {
      this.#cancelTick = null
      void this.#write()
    })
  }

  async #write(): Promise<void> {
    this.#isWriting = true
    const behind = [...this.#streams].filter((stream) => stream.lost === null && stream.pending !== '')
    const writes = behind.map(toWrite)
    let retryMs: number | null = null
    try {
      if (behind.length > 0) await this.#settle(behind, writes, await this.#deps.database.appendChunks(writes))
      this.#awaySince = null
    } catch (error) {
      retryMs = this.#meetFailure(behind, error)
    } finally {
      this.#isWriting = false
    }
    this.#settleWaiters()
    const next = retryMs ?? this.#nextDelay()
    if (next !== null) this.#writeSoon(next)
  }

  async #settle(
    behind: readonly Stream[],
    writes: readonly ChunkWrite[],
    answers: readonly ChunkWritten[],
  ): Promise<void> {
    const written = new Map(answers.map((answer) => [answer.rewriteId, answer]))
    for (const [index, stream] of behind.entries()) {
      const answer = written.get(stream.rewriteId)
      if (answer !== undefined) {
        this.#noteStored(stream, writes[index]!.text)
        if (answer.cancelRequested) stream.onCancelRequested()
      } else if (!stream.isUnsure || !(await this.#findStored(stream))) this.#lose(stream, 'fenced')
    }
    if (written.size > 0) this.#deps.onStored([...written.keys()])
  }

  #noteStored(stream: Stream, text: string): void {
    stream.stored.push(text)
    stream.durableLength += text.length
    stream.pending = stream.pending.slice(text.length)
    stream.isUnsure = false
    stream.lastWriteAt = this.#deps.clock.now()
  }

  /** Looks whether the row was refused only because a write of ours, whose answer was lost, had made it longer. */
  async #findStored(stream: Stream): Promise<boolean> {
    const found = await this.#deps.database.storedTextFrom(stream.rewriteId, stream.durableLength)
    if (found === null || found.text === '' || !stream.pending.startsWith(found.text)) return false
    if (found.rewrite.attempt !== stream.attempt || found.rewrite.ending !== null) return false
    this.#noteStored(stream, found.text)
    return true
  }

  /** How long to wait before trying again; null when there is nothing left to try. */
  #meetFailure(behind: readonly Stream[], error: unknown): number | null {
    if (!(error instanceof DatabaseUnavailable)) {
      this.#deps.log.error(
        { err: error, rewriteIds: behind.map((stream) => stream.rewriteId) },
        'The database refused live text.',
      )
      for (const stream of behind) this.#lose(stream, 'refused')
      return null
    }
    const { clock, settings, log } = this.#deps
    if (this.#awaySince === null) log.warn({ err: error }, 'The database is away: live text is kept in memory.')
    this.#awaySince ??= clock.now()
    const isTooLong = clock.now() - this.#awaySince > settings.outageMs
    for (const stream of behind) {
      stream.isUnsure = true
      const isTooMuch = stream.pending.length > settings.outageLength
      if (isTooLong || isTooMuch) this.#lose(stream, 'databaseAway')
    }
    return settings.durableTickMs
  }

  #lose(stream: Stream, reason: LossReason): void {
    stream.lost = reason
    this.#streams.delete(stream)
    stream.onLost(reason)
  }

  #settleWaiters(): void {
    const waiting = this.#waiters
    this.#waiters = []
    for (const waiter of waiting) {
      if (waiter.stream.durableLength >= waiter.length) waiter.resolve()
      else if (waiter.stream.lost !== null) waiter.reject(new StreamLost(waiter.stream.lost))
      else this.#waiters.push(waiter)
    }
  }

  #nextDelay(): number | null {
    if (this.#waiters.length > 0) return 0
    const { durableTickLength, durableTickMs } = this.#deps.settings
    const gaps = [...this.#streams].map((stream) => stream.pending.length)
    if (gaps.some((gap) => gap >= durableTickLength)) return 0
    return gaps.some((gap) => gap > 0) ? durableTickMs : null
  }
}

function lengthOf(stream: Stream): number {
  return stream.durableLength + stream.pending.length
}

function toWrite(stream: Stream): ChunkWrite {
  return {
    rewriteId: stream.rewriteId,
    attempt: stream.attempt,
    offset: stream.durableLength,
    text: stream.pending,
  }
}
