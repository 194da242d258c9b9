/** The document in its own format again, with the translations in the places of their segments. */
import { z } from 'zod'
import type { StageContext, StageDefinition, StageOutput } from '../../engine/definition.ts'
import { badAnswer } from '../checkAnswer.ts'
import { parseJson } from '../jsonRows.ts'
import { documentOf } from './documentInput.ts'
import { readPairs } from './segments.ts'

const deliverySchema = z.object({
  file: z.object({ id: z.string(), name: z.string(), bytes: z.number() }),
  segments: z.number().default(0),
  /** Numbers of segments that stand in it as they were, since they have no translation; the first hundred. */
  untranslated: z.array(z.number()).default([]),
  untranslatedCount: z.number().default(0),
})

export type DeliveryNote = z.infer<typeof deliverySchema>

export const deliver: StageDefinition = {
  key: 'deliver',
  format: 'json',
  run: deliverDocument,
  check(text, { to }) {
    const note = readDelivery(text)
    if (note === null) return badAnswer('There is no file in it.', {})
    return { ok: true, summary: summarize(note, to) }
  },
}

/** What was delivered; null while there is nothing. Never throws, wherever the text was cut. */
export function readDelivery(text: string): DeliveryNote | null {
  const parsed = parseJson(text)
  const note = parsed.ok ? deliverySchema.safeParse(parsed.value) : null
  return note?.success === true ? note.data : null
}

async function* deliverDocument(context: StageContext): AsyncGenerator<StageOutput, void> {
  const { fileId, to } = documentOf(context.projectInput)
  const pairs = readPairs(context.input)
  const targets = new Map<number, string>()
  for (const { number, target } of pairs) if (target !== null) targets.set(number, target)
  const untranslated = pairs.filter(({ target }) => target === null).map(({ number }) => number)
  const file = await context.deliverDocument({ fileId, suffix: to, targets })
  const note: DeliveryNote = {
    file,
    segments: pairs.length,
    untranslated: untranslated.slice(0, 100),
    untranslatedCount: untranslated.length,
  }
  yield { type: 'text', text: `${JSON.stringify(note, null, 2)}\n` }
}

function summarize({ file, untranslatedCount }: DeliveryNote, to: unknown): string {
  if (untranslatedCount === 0) return file.name
  const isChinese = typeof to === 'string' && to.startsWith('zh')
  return `${file.name} · ${untranslatedCount} ${isChinese ? '段未译' : 'untranslated'}`
}
