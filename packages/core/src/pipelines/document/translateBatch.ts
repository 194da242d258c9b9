import type { StageContext } from '../../engine/definition.ts'
import { StageFailed } from '../../engine/stageErrors.ts'
import type { Segment } from '../../ports/files.ts'
import { startRow } from './rowLines.ts'
import { readTranslations } from './readTranslations.ts'
import { hasWords, type Pair } from './segments.ts'
import { composeBatch, type Batch } from './translationPrompt.ts'

/** A model that leaves segments out is asked for those once more. */
const timesAsked = 2

type Order = Omit<Batch, 'present'> & { present: ReadonlyMap<number, string> | null }

/**
 * The rows of a batch as text, letter by letter in the order of its segments, and each pair once it is whole. What a model
 * leaves out twice has no translation. Throws StageFailed 'provider.badAnswer' when it translated nothing at all.
 */
export async function* translateBatch(
  context: Pick<StageContext, 'call' | 'instructions'>,
  order: Order,
  { isFirst }: { isFirst: boolean },
): AsyncGenerator<string | Pair, void> {
  const rows = new RowWriter(order.segments, isFirst)
  for (let time = 0; time < timesAsked; time++) {
    const segments = rows.missing()
    if (segments.length === 0) break
    const present = order.present && segments.map(({ number }) => ({ number, text: order.present!.get(number) ?? '' }))
    const messages = composeBatch(context, { ...order, segments, present })
    for await (const { number, text, isEnd } of readTranslations(context.call({ messages, format: 'json' })))
      yield* rows.take(number, text, isEnd)
    if (rows.isInside()) throw badBatch(order.segments, 'the answer breaks off in the middle of a segment')
  }
  const missing = rows.missing()
  if (missing.length > 0 && missing.length === order.segments.filter(({ text }) => hasWords(text)).length)
    throw badBatch(order.segments, 'no segment could be read from the answer')
  yield* rows.finish()
}

function badBatch(segments: readonly Segment[], problem: string): StageFailed {
  const from = segments[0]!.number
  const to = segments.at(-1)!.number
  const message = `The translation of segments ${from} to ${to} can't be used: ${problem}.`
  return new StageFailed({ code: 'provider.badAnswer', message, params: { from, to, problem } }, 'interrupted')
}

/** Puts translations, which may come in any order, into rows in the order of the segments. */
class RowWriter {
  readonly #segments: readonly Segment[]
  #isFirst: boolean
  /** The segment whose row is next, or is being written. */
  #next = 0
  /** What is there of the row being written; null between rows. */
  #target: string | null = null
  /** Translations that came before their turn. */
  readonly #held = new Map<number, string>()
  #early = ''

  constructor(segments: readonly Segment[], isFirst: boolean) {
    this.#segments = segments
    this.#isFirst = isFirst
  }

  /** Segments with words that have no translation yet. */
  missing(): Segment[] {
    return this.#segments.slice(this.#next).filter(({ number, text }) => hasWords(text) && !this.#held.has(number))
  }

  isInside(): boolean {
    return this.#target !== null
  }

  *take(number: number, text: string, isEnd: boolean): Generator<string | Pair> {
    if (this.#target === null) yield* this.#writeReady()
    const segment = this.#segments[this.#next]
    if (segment?.number !== number) {
      this.#early += text
      if (!isEnd) return
      if (this.missing().some((each) => each.number === number)) this.#held.set(number, this.#early)
      this.#early = ''
      return
    }
    if (this.#target === null) yield this.#head(segment)
    this.#target = (this.#target ?? '') + text
    if (text !== '') yield JSON.stringify(text).slice(1, -1)
    if (!isEnd) return
    yield '"}'
    yield pairOf(segment, this.#target)
    this.#target = null
    this.#next += 1
    yield* this.#writeReady()
  }

  *finish(): Generator<string | Pair> {
    while (this.#next < this.#segments.length) {
      yield* this.#writeReady()
      const segment = this.#segments[this.#next]
      if (segment !== undefined) yield* this.#write(segment, null)
    }
  }

  /** Rows that need no model, or whose translation is there. */
  *#writeReady(): Generator<string | Pair> {
    for (;;) {
      const segment = this.#segments[this.#next]
      if (segment === undefined) return
      const target = hasWords(segment.text) ? this.#held.get(segment.number) : segment.text
      if (target === undefined) return
      yield* this.#write(segment, target)
    }
  }

  *#write(segment: Segment, target: string | null): Generator<string | Pair> {
    const head = this.#head(segment)
    yield target === null ? `${head.slice(0, -1)}null}` : `${head}${JSON.stringify(target).slice(1)}}`
    yield pairOf(segment, target)
    this.#next += 1
  }

  #head({ number, place, text }: Segment): string {
    const start = startRow(this.#isFirst)
    this.#isFirst = false
    return `${start}${JSON.stringify({ number, place, source: text, target: '' }).slice(0, -2)}`
  }
}

function pairOf({ number, place, text }: Segment, target: string | null): Pair {
  return { number, place, source: text, target }
}
