/** A document as a row of parts: what is translated, and what stands between. Together they are the whole text. */
import type { Segment } from '@stagewright/core'
import { trimmedLines } from './blocks.ts'

export type Part =
  | { kind: 'kept'; source: string }
  | {
      kind: 'segment'
      place: string
      text: string
      /** As it stands in the document, where it has no target. */
      source: string
      /** What stands in the document for this target. */
      restore(target: string): string
    }

export async function* segmentsOf(parts: AsyncIterable<Part>): AsyncGenerator<Segment> {
  let number = 0
  for await (const part of parts)
    if (part.kind === 'segment') yield { number: ++number, place: part.place, text: part.text }
}

/** A target without a visible character would lose the sentence: the segment stays as it is. */
export async function* writeParts(
  parts: AsyncIterable<Part>,
  targets: ReadonlyMap<number, string>,
): AsyncGenerator<string> {
  let number = 0
  for await (const part of parts) {
    if (part.kind === 'kept') yield part.source
    else {
      number += 1
      const target = cleanTarget(targets.get(number) ?? '')
      yield target === '' ? part.source : part.restore(target)
    }
  }
}

/** Without what no text file holds, with one kind of line end, without space around it. */
export function cleanTarget(target: string): string {
  return target
    .toWellFormed()
    .replaceAll(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replaceAll(/(?![\t\n\r])\p{Cc}|[\ufeff\ufffe\uffff]/gu, '')
    .trim()
}

/** Whether there is anything to translate: a rule of dashes or a number is left alone. */
export function hasWords(text: string): boolean {
  return /\p{L}/u.test(text)
}

/** Lines as one: with a space, or without one where Chinese or Japanese characters meet. */
export function joinLines(text: string): string {
  return trimmedLines(text).reduce((joined, line) => {
    const isTight = isWide(joined[joined.length - 1]) && isWide(line[0])
    return `${joined}${joined === '' || isTight ? '' : ' '}${line}`
  }, '')
}

function isWide(character: string | undefined): boolean {
  return character !== undefined && /[\u2e80-\u9fff\uff00-\uffef]/.test(character)
}
