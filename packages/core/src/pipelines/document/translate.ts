/**
 * Pairs of segments and their translations, batch by batch. A pair is there letter by letter, and what is whole of the
 * text is never asked for again: the text itself says how far it is.
 */
import type { PartRun, StageContext, StageDefinition, StageOutput } from '../../engine/definition.ts'
import type { Segment } from '../../ports/files.ts'
import { checkRows } from '../checkAnswer.ts'
import { detectLanguage } from '../language.ts'
import { parseJson } from '../jsonRows.ts'
import { readRowParts } from '../rowParts.ts'
import { readRowTable } from '../rowTable.ts'
import { documentOf } from './documentInput.ts'
import { closeList, lastLines, lastNumber, lengthOfWholeRows, openList } from './rowLines.ts'
import { hasWords, pairSchema, pairsKey, readPairs, readSegments, type Pair } from './segments.ts'
import { translateBatch } from './translateBatch.ts'

/** What one call is given at most; segments of their own length are not cut. UTF-16 code units of source text. */
const batchLength = 3_000
const batchSize = 40
const recentCount = 3

export const translate: StageDefinition = {
  key: 'translate',
  format: 'json',
  run: (context) => (context.part === null ? translateAll(context) : translatePart(context, context.part)),
  keepUpTo: (text) => lengthOfWholeRows(text, pairsKey),
  progressOf: (checkpoint) => {
    const { done, of } = checkpoint as Progress
    return of === 0 ? 1 : done / of
  },
  check: (text) =>
    checkRows(text, { key: pairsKey, rowName: 'Segment', schema: pairSchema, summarize: summarizePairs }),
  readParts: (text) => readRowParts(text, pairsKey, pairSchema),
  readTable: (text) =>
    readRowTable(text, {
      key: pairsKey,
      schema: pairSchema,
      columns: { zh: ['编号', '位置', '原文', '译文'], en: ['Segment', 'Place', 'Source', 'Translation'] },
      cells: ({ number, place, source, target }) => [String(number), place, source, target ?? ''],
    }),
}

/** Segments, counted. */
type Progress = { done: number; of: number }

async function* translateAll(context: StageContext): AsyncGenerator<StageOutput, void> {
  const { keptText } = context
  const document = documentOf(context.projectInput)
  const segments = readSegments(context.input)
  const present = context.presentText === null ? null : targetsOf(readPairs(context.presentText))
  const passed = lastNumber(keptText)
  const from = passed === 0 ? 0 : segments.findIndex(({ number }) => number === passed) + 1
  let recent = recentPairs(keptText)
  if (keptText === '') yield { type: 'text', text: openList(pairsKey) }
  for (const { start, end } of batchesOf(segments, from)) {
    const batch = { document, segments: segments.slice(start, end), recent, present }
    for await (const piece of translateBatch(context, batch, { isFirst: start === 0 })) {
      if (typeof piece === 'string') yield { type: 'text', text: piece }
      else recent = [...recent, piece].slice(-recentCount)
    }
    yield { type: 'checkpoint', data: { done: end, of: segments.length } satisfies Progress }
  }
  yield { type: 'text', text: closeList }
}

/** Consecutive segments: as many as fit one call, or all that follow and have no words. */
function* batchesOf(segments: readonly Segment[], from: number): Generator<{ start: number; end: number }> {
  for (let start = from; start < segments.length;) {
    let length = 0
    let words = 0
    let end = start
    while (end < segments.length && words < batchSize) {
      const { text } = segments[end]!
      if (hasWords(text)) {
        if (words > 0 && length + text.length > batchLength) break
        length += text.length
        words += 1
      }
      end += 1
    }
    yield { start, end }
    start = end
  }
}

/** One pair anew; its source is the segment's present text. */
async function* translatePart(context: StageContext, part: PartRun): AsyncGenerator<StageOutput, void> {
  const document = documentOf(context.projectInput)
  const row = parseJson(part.text)
  const pair = pairSchema.parse(row.ok ? row.value : null)
  const segment = readSegments(context.input).find(({ number }) => number === pair.number)
  const segments = [segment ?? { number: pair.number, place: pair.place, text: pair.source }]
  const present = context.presentText === null ? null : targetsOf([pair])
  const batch = { document, segments, recent: recentPairs(part.before.trimEnd().replace(/,$/, '')), present }
  let text = ''
  for await (const piece of translateBatch(context, batch, { isFirst: true })) {
    if (typeof piece !== 'string') continue
    // The line break before the row stands in the text already.
    const own = text === '' ? piece.trimStart() : piece
    text += own
    if (own !== '') yield { type: 'text', text: own }
  }
}

function targetsOf(pairs: readonly Pair[]): ReadonlyMap<number, string> {
  return new Map(pairs.flatMap(({ number, target }) => (target === null ? [] : [[number, target] as const])))
}

function recentPairs(text: string): Pair[] {
  return lastLines(text, recentCount).flatMap((line) => {
    const row = parseJson(line.replace(/,$/, ''))
    const pair = row.ok ? pairSchema.safeParse(row.value) : null
    return pair?.success === true ? [pair.data] : []
  })
}

function summarizePairs(pairs: readonly Pair[]): string {
  const untranslated = pairs.filter(({ source, target }) => hasWords(source) && !target?.trim()).length
  const sample = pairs
    .slice(0, 100)
    .map(({ target }) => target ?? '')
    .join(' ')
  const count = pairs.length.toLocaleString('en')
  if (detectLanguage(sample) === 'zh') return `${count} 段${untranslated === 0 ? '' : ` · ${untranslated} 段未译`}`
  return `${count} ${pairs.length === 1 ? 'segment' : 'segments'}${untranslated === 0 ? '' : ` · ${untranslated} untranslated`}`
}
