import type { CompletionRequest } from '../completionRequest.ts'
import { makeMoves, readMoves, reviseMoves } from './moves.ts'
import { writeProse } from './prose.ts'
import { readOrder, type WritingOrder } from './readRequest.ts'
import { reviseProse } from './reviseProse.ts'
import { makeShots, readShots, reviseShots } from './shots.ts'

/** The answer to a request; always the same for the same messages. */
export function composeAnswer(request: Pick<CompletionRequest, 'messages' | 'wantsJson'>): string {
  const order = readOrder(request)
  const whole = write(order)
  if (order.begun === '') return whole
  if (whole.startsWith(order.begun) && whole !== order.begun) return whole.slice(order.begun.length)
  // Begun by someone else, or finished already: prose can be brought to an end, of rows only the rest by length is left.
  return order.form === 'prose' ? endingOf(whole) : whole.slice(order.begun.length)
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
  const prose = wishes.reduce((so, wish) => reviseProse(so, wish, language), present ?? writeProse(material, language))
  return order.form === 'object' ? JSON.stringify({ text: prose }) : prose
}

/** A row to a line: readable as it comes, and strict JSON. */
function formatRows(key: string, rows: readonly object[]): string {
  return `{"${key}":[\n${rows.map((row) => `  ${JSON.stringify(row)}`).join(',\n')}\n]}\n`
}
