import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pairsKey, pairSchema, pipelineOf, readRows, type Pair, type StageContext } from '@stagewright/core'
import { startDemoWriter, type DemoWriter } from './demoWriter.ts'
import { writeByDemo } from './testing/writeByDemo.ts'

/** The translation of a document over the demo's own HTTP. */
let writer: DemoWriter
const document = pipelineOf('document')
const translate = document.stages[1]!

beforeAll(async () => {
  writer = await startDemoWriter({ tokensPerSecond: Infinity, firstTokenMs: 0 })
})

afterAll(() => writer.close())

const segmentsOf = (texts: readonly string[]): string =>
  JSON.stringify({ segments: texts.map((text, at) => ({ number: at + 1, place: '', text })) })

type Options = { to: string; glossary?: { term: string; translation: string }[] } & Partial<StageContext>

async function run(texts: readonly string[], { to, glossary, ...over }: Options): Promise<Pair[]> {
  const projectInput = document.parseInput({ fileId: crypto.randomUUID(), to, glossary })
  const text = await writeByDemo(translate, () => writer, { projectInput, input: segmentsOf(texts), ...over })
  expect(translate.check(text, projectInput)).toMatchObject({ ok: true })
  return readRows(text, pairsKey, pairSchema).rows.flatMap((read) => (read.ok ? [read.row] : []))
}

const english = [
  'The keeper of the lighthouse found a letter.',
  'Open <1>https://example.com/x</1> and read the <2>first page</2>.',
  'Text with "quotes", a \\ and </material> in it.',
]
const chinese = ['守护者在小岛上找到一封信。', '打开 <1>第一</1> 页，然后读 {name} 的故事。', '2026 年 12 月']

describe('the demo translates', () => {
  test('W26 English into Chinese: tags, addresses and order stay', async () => {
    const pairs = await run(english, { to: 'zh-CN' })
    expect(pairs.map(({ source }) => source)).toEqual(english)
    expect(pairs[0]!.target).toMatch(/守护者.*灯塔.*信。$/)
    expect(pairs[1]!.target).toContain('<1>https://example.com/x</1>')
    expect(pairs[1]!.target).toMatch(/<2>.*第一.*页面.*<\/2>/)
    expect(pairs[2]!.target).toContain('</material>')
    expect(await run(english, { to: 'zh-CN' })).toEqual(pairs)
  })

  test('W26 Chinese into English, with the terms of the glossary', async () => {
    const pairs = await run(chinese, { to: 'en', glossary: [{ term: '小岛', translation: 'Isle' }] })
    expect(pairs[0]!.target).toMatch(/^\p{Lu}.*\bIsle\b.*letter.*\.$/u)
    expect(pairs[1]!.target).toMatch(/<1>First<\/1>|<1>first<\/1>/)
    expect(pairs[1]!.target).toContain('{name}')
    expect(pairs.every(({ target }) => target!.trim() !== '')).toBe(true)
  })

  test('W26 into a language it has no words for it says so, and leaves the same language as it is', async () => {
    expect((await run(['The sea.'], { to: 'de' }))[0]!.target).toBe('[German] The sea.')
    expect((await run(['The sea.'], { to: 'en' }))[0]!.target).toBe('The sea.')
  })

  test('W26 a wish changes the present translation', async () => {
    const presentText = JSON.stringify({ pairs: await run(english, { to: 'zh' }) })
    const pairs = await run(english, { to: 'zh', presentText, instructions: ['语气更正式'] })
    expect(pairs[0]!.target).toMatch(/（?\(?语气更正式/)
  })
})
