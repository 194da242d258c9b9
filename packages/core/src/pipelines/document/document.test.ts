import { describe, expect, test } from 'vitest'
import type { PartRun, StageContext, StageDefinition } from '../../engine/definition.ts'
import type { Segment } from '../../ports/files.ts'
import type { Message } from '../../ports/provider.ts'
import { stageContext } from '../../testing/stageContext.ts'
import { readDelivery } from './deliver.ts'
import { document } from './document.ts'
import { extract } from './extract.ts'
import { readPairs, readSegments } from './segments.ts'
import { translate } from './translate.ts'

const fileId = '0197a4b2-0000-7000-8000-000000000001'
const projectInput = document.parseInput({ fileId, to: 'en', glossary: [{ term: '灯塔', translation: 'lighthouse' }] })
const texts = [
  '守塔人在灯塔里。',
  '12:30',
  '他写了<1>一封“信”</1>\\n。',
  '信到了\n海上。',
  'https://example.com',
  '结束。',
]
const segments: Segment[] = texts.map((text, at) => ({ number: at + 1, place: `paragraph ${at + 1}`, text }))
const spoken: Record<string, string> = {
  [texts[0]!]: 'The keeper is in the lighthouse.',
  [texts[2]!]: 'He wrote <1>a “letter”</1>\\n.',
  [texts[3]!]: 'The letter reached\nthe sea. 🌊',
  [texts[5]!]: 'The end.',
}

async function read(over: Partial<StageContext> = {}): Promise<string> {
  const context = stageContext({
    projectInput,
    async *readDocument() {
      yield* segments
    },
    ...over,
  })
  return textOf(extract, context)
}

async function textOf(stage: StageDefinition, context: StageContext): Promise<string> {
  let text = context.keptText
  for await (const output of stage.run(context)) if (output.type === 'text') text += output.text
  return text
}

type Row = { number: number; text: string }
type Asked = (readonly Message[])[]
const rowsIn = (messages: readonly Message[]): Row[] =>
  /<material(?:-\d+)?>\n([^]*?)\n<\/material/
    .exec(messages[1]!.content)![1]!
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
const translated = (rows: readonly Row[]): string =>
  JSON.stringify({
    translations: rows.map(({ number, text }) => ({ number, text: spoken[text] ?? text.toUpperCase() })),
  })

type Answer = (rows: Row[], time: number) => string

async function write(over: Partial<StageContext> = {}, answer: Answer = translated) {
  const asked: Asked = []
  const checkpoints: unknown[] = []
  const context = stageContext({
    projectInput,
    input: await read(),
    async *call({ messages }) {
      asked.push(messages)
      for (const character of answer(rowsIn(messages), asked.length)) yield character
    },
    ...over,
  })
  let text = context.keptText
  const pieces: string[] = []
  for await (const output of translate.run(context)) {
    if (output.type === 'checkpoint') checkpoints.push(output.data)
    else {
      text += output.text
      pieces.push(output.text)
    }
  }
  return { text, asked, checkpoints, pieces }
}

describe('extracting', () => {
  test('PL24 gives each segment with its place, a row to a line', async () => {
    const text = await read()
    expect(readSegments(text)).toEqual(segments)
    expect(JSON.parse(text)).toEqual({ segments })
    expect(text.split('\n')).toHaveLength(segments.length + 3)
    expect(extract.check(text, projectInput)).toEqual({ ok: true, summary: '6 段' })
  })

  test('PL24 goes on from every place its text may be cut at', async () => {
    const whole = await read()
    for (let length = 0; length <= whole.length; length++) {
      const keptText = whole.slice(0, extract.keepUpTo!(whole.slice(0, length)))
      expect(await read({ keptText })).toBe(whole)
    }
  })

  test('a document without text says so', async () => {
    const text = await read({
      // oxlint-disable-next-line require-yield
      async *readDocument() {
        return
      },
    })
    expect(extract.check(text, projectInput)).toMatchObject({ ok: false, failure: { code: 'file.unreadable' } })
  })
})

describe('translating', () => {
  test('PL25 sets each segment beside its translation; what has no words is not sent', async () => {
    const { text, asked, checkpoints } = await write()
    expect(readPairs(text)).toEqual(
      segments.map(({ number, place, text: source }) => ({ number, place, source, target: spoken[source] ?? source })),
    )
    expect(JSON.parse(text)).toEqual({ pairs: readPairs(text) })
    expect(asked.map((messages) => rowsIn(messages).map(({ number }) => number))).toEqual([[1, 3, 4, 6]])
    expect(checkpoints).toEqual([{ done: 6, of: 6 }])
    expect(translate.progressOf!(checkpoints[0])).toBe(1)
    expect(translate.check(text, projectInput)).toEqual({ ok: true, summary: '6 segments' })
  })

  test('PL25 a translation is there letter by letter', async () => {
    const { pieces } = await write()
    const spread = pieces.findIndex((piece) => piece.endsWith('"target":"'))
    expect(pieces.slice(spread + 1, spread + 4)).toEqual(['T', 'h', 'e'])
  })

  test('PL26 goes on from every place its text may be cut at, and asks for no whole segment again', async () => {
    const { text: whole } = await write()
    for (let length = 0; length <= whole.length; length++) {
      const keptText = whole.slice(0, translate.keepUpTo!(whole.slice(0, length)))
      const kept = readPairs(keptText)
      expect(kept.length).toBe(readPairs(whole.slice(0, length)).length)
      const { text, asked } = await write({ keptText })
      expect(text).toBe(whole)
      const numbers = asked.flatMap((messages) => rowsIn(messages).map(({ number }) => number))
      expect(numbers.every((number) => number > kept.length)).toBe(true)
    }
  })

  test('PL27 a batch has the terms that occur in it, and the pairs before it', async () => {
    const many = Array.from({ length: 100 }, (_, at) => ({
      number: at + 1,
      place: '',
      text: at === 0 ? '灯塔' : `第${at}句`,
    }))
    const input = await read({
      async *readDocument() {
        yield* many
      },
    })
    const { asked, checkpoints } = await write({ input })
    expect(asked.map((messages) => rowsIn(messages).length)).toEqual([40, 40, 20])
    expect(checkpoints).toEqual([40, 80, 100].map((done) => ({ done, of: 100 })))
    expect(asked[0]![1]!.content).toContain('<glossary>\n灯塔 = lighthouse\n</glossary>')
    expect(asked[1]![1]!.content).not.toContain('<glossary>')
    expect(asked[1]![1]!.content).toContain('<before>\n{"source":"第37句","target":"第37句"}\n')
  })

  test('PL27 what a model leaves out is asked for once more; then it has no translation', async () => {
    const { text, asked } = await write({}, (rows, time) =>
      translated(rows.filter(({ number }) => number !== 3 && (time === 2 || number !== 4))),
    )
    expect(asked.map((messages) => rowsIn(messages).map(({ number }) => number))).toEqual([
      [1, 3, 4, 6],
      [3, 4],
    ])
    expect(readPairs(text).map(({ target }) => target)).toEqual([
      spoken[texts[0]!],
      '12:30',
      null,
      spoken[texts[3]!],
      texts[4],
      spoken[texts[5]!],
    ])
    expect(translate.check(text, projectInput)).toEqual({ ok: true, summary: '6 segments · 1 untranslated' })
  })

  test('PL27 answers in another order, repeated, of foreign numbers or in a fence come into the order of the segments', async () => {
    const { text } = await write({}, (rows) => {
      const answer = [...rows, rows[0]!].toReversed()
      const foreign = { number: 77, text: 'nobody asked' }
      return `Here it is:\n\`\`\`json\n${translated([foreign, ...answer])}\n\`\`\``
    })
    expect(text).toBe((await write()).text)
  })

  test.each([
    ['talk', 'I am sorry, I can not do that.'],
    ['a broken row', '{"translations":[{"number":1,"text":"The kee'],
    ['nothing', ''],
  ])('an answer that is %s ends the stage, its text so far kept', async (_, answer) => {
    await expect(write({}, () => answer)).rejects.toMatchObject({ failure: { code: 'provider.badAnswer' } })
  })

  test('PL28 a segment alone stands between the pairs around it, from the present text of its source', async () => {
    const { text: whole } = await write()
    const parts = translate.readParts!(whole)
    expect(parts.map(({ key, title }) => [key, title])).toEqual(
      segments.map(({ number, place }) => [String(number), place]),
    )
    for (const { start, end, ...named } of parts.filter(({ key }) => ['1', '3', '6'].includes(key))) {
      const part: PartRun = {
        ...named,
        start,
        end,
        before: whole.slice(0, start),
        text: whole.slice(start, end),
        after: whole.slice(end),
      }
      const { text, asked } = await write(
        { part, keptText: part.before, presentText: whole, instructions: ['shorter'] },
        (rows) => JSON.stringify({ translations: [{ ...rows[0], text: 'anew' }] }),
      )
      expect(asked).toHaveLength(1)
      expect(asked[0]![1]!.content).toContain('<instruction>\nshorter\n</instruction>')
      expect(readPairs(text + part.after).map(({ target }) => target)).toEqual(
        readPairs(whole).map(({ number, target }) => (String(number) === part.key ? 'anew' : target)),
      )
      expect(JSON.parse(text + part.after)).toEqual({ pairs: readPairs(text + part.after) })
    }
  })

  test('PL5 a wish shows the present translations of the batch', async () => {
    const { text: presentText } = await write()
    const { asked } = await write({ presentText, instructions: ['more formal'] })
    expect(asked[0]![1]!.content).toContain(`<present>\n{"number":1,"text":"${spoken[texts[0]!]}"}\n`)
  })

  test('PL3 views of a text cut anywhere never throw', async () => {
    const { text } = await write()
    for (let length = 0; length <= text.length; length++) {
      const cut = text.slice(0, length)
      expect(translate.readTable!(cut).rows.length).toBeGreaterThanOrEqual(readPairs(cut).length)
      expect(translate.readParts!(cut)).toHaveLength(readPairs(cut).length)
      extract.readParts!(cut)
      translate.check(cut, projectInput)
      extract.readTable!(cut)
      readDelivery(cut)
    }
  })
})

describe('delivering', () => {
  test('PL29 gives the translations to the document, and says what stayed as it was', async () => {
    const { text: input } = await write({}, (rows) => translated(rows.filter(({ number }) => number !== 3)))
    const given: unknown[] = []
    const file = { id: 'f', name: 'Letter.en.docx', bytes: 9 }
    const text = await textOf(
      document.stages[2],
      stageContext({
        projectInput,
        input,
        deliverDocument: async ({ targets, ...delivery }) => {
          given.push({ ...delivery, targets: [...targets.keys()] })
          return file
        },
      }),
    )
    expect(given).toEqual([{ fileId, suffix: 'en', targets: [1, 2, 4, 5, 6] }])
    expect(readDelivery(text)).toEqual({ file, segments: 6, untranslated: [3], untranslatedCount: 1 })
    expect(document.stages[2].check(text, projectInput)).toEqual({
      ok: true,
      summary: 'Letter.en.docx · 1 untranslated',
    })
    expect(document.stages[2].check('{}', projectInput)).toMatchObject({ ok: false })
  })
})

test.each([
  [{ fileId: 'x', to: 'en' }, 'fileId'],
  [{ fileId }, 'to'],
  [{ fileId, to: 'not a tag' }, 'to'],
  [{ fileId, to: 'en', glossary: [{ term: ' ', translation: 'x' }] }, 'glossary.0.term'],
])('input %j names %s', (input, field) => {
  expect(() => document.parseInput(input)).toThrow(
    expect.objectContaining({ code: 'input.invalid', params: expect.objectContaining({ field }) }),
  )
})
