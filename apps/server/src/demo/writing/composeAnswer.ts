import type { CompletionRequest } from '../completionRequest.ts'
import { makeFiles, reviseFiles } from './appFiles.ts'
import { makePlan, makeReview, makeSpec, readSections, reviseSections } from './appPieces.ts'
import { makeMoves, readMoves, reviseMoves } from './moves.ts'
import { writeProse } from './prose.ts'
import { readOrder, type WritingOrder } from './readRequest.ts'
import { reviseOutline, writeOutline, writeSection } from './reportPieces.ts'
import { reviseProse } from './reviseProse.ts'
import { translateRows } from './translation.ts'
import { makeShots, readShots, reviseShots } from './shots.ts'

/** The answer to a request; always the same for the same messages. */
export function composeAnswer(request: Pick<CompletionRequest, 'messages' | 'wantsJson'>): string {
  const order = readOrder(request)
  const whole = write(order)
  if (order.begun === '') return whole
  if (whole.startsWith(order.begun) && whole !== order.begun) return whole.slice(order.begun.length)
  // Begun by someone else, or finished already: prose can be brought to an end, of JSON only the rest by length is left.
  const isProse = order.form === 'prose' || order.form === 'outline' || order.form === 'section'
  return !isProse ? whole.slice(order.begun.length) : endingOf(whole)
}

function endingOf(prose: string): string {
  return `\n\n${prose.trim().split(/\n\n/u).at(-1) ?? ''}\n`
}

function write(order: WritingOrder): string {
  const { language, material, present, wishes } = order
  if (order.form === 'shots') {
    const shots = (present === null ? null : readShots(present)) ?? makeShots(material, language)
    return formatRows(
      'shots',
      wishes.reduce((so, wish) => reviseShots(so, wish, language), shots),
    )
  }
  if (order.form === 'moves') {
    const shots = readShots(material) ?? makeShots(material, language)
    const moves = (present === null ? null : readMoves(present)) ?? makeMoves(shots, language)
    return formatRows(
      'moves',
      wishes.reduce((so, wish) => reviseMoves(so, wish, language), moves),
    )
  }
  if (order.form === 'translations') return formatRows('translations', translateRows(order))
  if (order.form === 'plan' || order.form === 'spec') return writeSections(order, order.form)
  if (order.form === 'criteria') return formatRows('criteria', makeReview(material, language))
  if (order.form === 'files') {
    const files = present ?? makeFiles(order.requirement || material, language, order.onlyFile)
    return wishes.reduce((so, wish) => reviseFiles(so, wish), files)
  }
  const revise = order.form === 'outline' ? reviseOutline : reviseProse
  const prose = wishes.reduce((so, wish) => revise(so, wish, language), present ?? writeText(order))
  return order.form === 'object' ? JSON.stringify({ text: prose }) : prose
}

function writeSections({ language, material, present, wishes }: WritingOrder, key: 'plan' | 'spec'): string {
  const make = key === 'plan' ? makePlan : makeSpec
  const sections = (present === null ? null : readSections(present, key)) ?? make(material, language)
  return formatRows(
    key,
    wishes.reduce((so, wish) => reviseSections(so, wish, language), sections),
  )
}

function writeText({ form, language, material, section, brief }: WritingOrder): string {
  if (form === 'outline') return writeOutline(material, language)
  if (form === 'section') return writeSection(section || material, brief || material, language)
  return writeProse(material, language)
}

/** A row to a line: readable as it comes, and strict JSON. */
function formatRows(key: string, rows: readonly object[]): string {
  return `{"${key}":[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]}\n`
}
