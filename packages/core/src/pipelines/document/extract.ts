/** The segments of the document, each with its place: the first stage asks no model. */
import type { StageContext, StageDefinition, StageOutput } from '../../engine/definition.ts'
import type { Segment } from '../../ports/files.ts'
import { checkRows } from '../checkAnswer.ts'
import { detectLanguage } from '../language.ts'
import { readRowParts } from '../rowParts.ts'
import { readRowTable } from '../rowTable.ts'
import { documentOf } from './documentInput.ts'
import { closeList, lastNumber, lengthOfWholeRows, openList, writeRow } from './rowLines.ts'
import { segmentSchema, segmentsKey } from './segments.ts'

/** Text is passed on in pieces of about this length, in UTF-16 code units: a long document has many thousand segments. */
const pieceLength = 16_384

export const extract: StageDefinition = {
  key: 'extract',
  format: 'json',
  run: extractSegments,
  keepUpTo: (text) => lengthOfWholeRows(text, segmentsKey),
  check: checkSegments,
  readParts: (text) => readRowParts(text, segmentsKey, segmentSchema),
  readTable: (text) =>
    readRowTable(text, {
      key: segmentsKey,
      schema: segmentSchema,
      columns: { zh: ['编号', '位置', '原文'], en: ['Segment', 'Place', 'Source'] },
      cells: (segment) => [String(segment.number), segment.place, segment.text],
    }),
}

function checkSegments(text: string): ReturnType<StageDefinition['check']> {
  if (text.trim() === (openList(segmentsKey) + closeList).trim()) {
    const message = 'The document has no text that could be translated.'
    return { ok: false, failure: { code: 'file.unreadable', message, params: { problem: 'no text' } } }
  }
  return checkRows(text, {
    key: segmentsKey,
    rowName: 'Segment',
    schema: segmentSchema,
    summarize: (segments) => summarize(segments.length, sampleOf(segments)),
  })
}

async function* extractSegments({
  projectInput,
  keptText,
  readDocument,
}: StageContext): AsyncGenerator<StageOutput, void> {
  const passed = lastNumber(keptText)
  let isFirst = passed === 0
  let piece = keptText === '' ? openList(segmentsKey) : ''
  for await (const segment of readDocument(documentOf(projectInput).fileId)) {
    if (segment.number <= passed) continue
    piece += writeRow(segment, { isFirst })
    isFirst = false
    if (piece.length < pieceLength) continue
    yield { type: 'text', text: piece }
    piece = ''
  }
  yield { type: 'text', text: piece + closeList }
}

function sampleOf(segments: readonly Segment[]): string {
  return segments
    .slice(0, 100)
    .map(({ text }) => text)
    .join(' ')
}

function summarize(count: number, sample: string): string {
  if (detectLanguage(sample) === 'zh') return `${count.toLocaleString('en')} 段`
  return `${count.toLocaleString('en')} ${count === 1 ? 'segment' : 'segments'}`
}
