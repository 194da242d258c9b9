import { z } from 'zod'
import type { PipelineDefinition, StageDefinition } from '../engine/definition.ts'

const input = z.object({ text: z.string() })

/** A stage of one call whose prompt is nothing but its material: tests read back what it was given. */
function plainStage(key: string): StageDefinition {
  return {
    key,
    format: 'markdown',
    async *run(context) {
      const content = JSON.stringify([context.input, context.presentText, context.instructions])
      for await (const text of context.call({ messages: [{ role: 'user', content }], format: 'text' }))
        yield { type: 'text', text }
    },
    check(text) {
      if (text.includes('UNREADABLE'))
        return { ok: false, failure: { code: 'provider.badAnswer', message: 'The answer could not be read.' } }
      if (text.includes('POOR')) {
        const params = { score: 40, threshold: 70 }
        const failure = { code: 'quality.belowThreshold' as const, message: 'The result is poor.', params }
        return { ok: false, failure, score: params.score }
      }
      return { ok: true, summary: `${text.length} characters` }
    },
  }
}

/** Three chapters, a call each, with a checkpoint after each: what a takeover need not repeat. */
const chapters: StageDefinition = {
  key: 'chapters',
  format: 'markdown',
  async *run(context) {
    if (context.part !== null) {
      const content = `chapter ${context.part.key} anew instead of ${context.part.text}`
      for await (const text of context.call({ messages: [{ role: 'user', content }], format: 'text' }))
        yield { type: 'text', text }
      return
    }
    const done = (context.checkpoint as { done: number } | null)?.done ?? 0
    for (let chapter = done + 1; chapter <= 3; chapter++) {
      const content = `chapter ${chapter} after ${context.keptText.length}`
      for await (const text of context.call({ messages: [{ role: 'user', content }], format: 'text' }))
        yield { type: 'text', text }
      yield { type: 'checkpoint', data: { done: chapter } }
    }
  },
  progressOf: (checkpoint) => (checkpoint as { done: number }).done / 3,
  check: (text) => ({ ok: true, summary: `${text.length} characters` }),
  readParts: (text) =>
    [...text.matchAll(/[^.]+\. ?/g)].map(({ 0: found, index }, at) => ({
      key: String(at + 1),
      title: found,
      start: index,
      end: index + found.length,
    })),
}

/** A text whose whole lines are done, wherever it was cut. */
const lines: StageDefinition = {
  key: 'lines',
  format: 'markdown',
  async *run({ keptText, call }) {
    const content = `lines after ${keptText.length}`
    for await (const text of call({ messages: [{ role: 'user', content }], format: 'text' }))
      yield { type: 'text', text }
  },
  keepUpTo: (text) => text.lastIndexOf('\n') + 1,
  check: (text) => ({ ok: true, summary: `${text.length} characters` }),
}

const same = (word: string) => ({ zh: word, en: word })

function pipeline(key: string, stages: StageDefinition[]): PipelineDefinition {
  return {
    key,
    words: { name: same(key), lead: same(key), create: same(key), stages: {} },
    parseInput: (given) => input.parse(given),
    firstInput: (given) => String(given.text),
    titleOf: (given) => String(given.text).slice(0, 40),
    stages,
  }
}

export const testPipelines: Record<string, PipelineDefinition> = {
  three: pipeline('three', [plainStage('first'), plainStage('second'), plainStage('third')]),
  book: pipeline('book', [chapters]),
  poem: pipeline('poem', [lines]),
}
