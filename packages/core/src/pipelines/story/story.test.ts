import { describe, expect, test } from 'vitest'
import { stageContext } from '../../testing/stageContext.ts'
import { readRows } from '../jsonRows.ts'
import { composeMessages } from '../singleCall.ts'
import { cameraMoveSchema, cameraPrompt, movesKey } from './camera.ts'
import { rewritePrompt } from './rewrite.ts'
import { story } from './story.ts'
import { shotSchema, shotsKey, storyboardPrompt } from './storyboard.ts'

const [rewrite, storyboard, camera] = story.stages

describe('the input', () => {
  test('a text, with or without a language', () => {
    expect(story.parseInput({ text: '一只猫' })).toEqual({ text: '一只猫' })
    expect(story.parseInput({ text: 'a cat', language: 'en-GB', more: 1 })).toEqual({
      text: 'a cat',
      language: 'en-GB',
    })
    expect(story.firstInput(story.parseInput({ text: 'a cat' }))).toBe('a cat')
  })

  test.each([
    null,
    'text',
    {},
    { text: 3 },
    { text: '' },
    { text: ' \n\u200b\u0000' },
    { text: 'a', language: 'english please' },
  ])('PL2 %j is invalid', (input) => {
    expect(() => story.parseInput(input)).toThrow(expect.objectContaining({ code: 'input.invalid' }))
  })

  test('PL2 50,000 characters are taken, one more is too long and says so', () => {
    expect(story.parseInput({ text: '🐉'.repeat(50_000) }).text).toHaveLength(100_000)
    const params = { given: 50_001, allowed: 50_000 }
    expect(() => story.parseInput({ text: '字'.repeat(50_001) })).toThrow(
      expect.objectContaining({ code: 'input.tooLong', params: expect.objectContaining(params) }),
    )
  })

  test('what no database stores is taken out', () => {
    expect(story.parseInput({ text: 'a\u0000b\ud800c' }).text).toBe('ab\ufffdc')
  })

  test.each([
    ['\n# 渡口 的灯\n从前……', '渡口 的灯'],
    ['字'.repeat(40), `${'字'.repeat(30)}…`],
    ['a '.repeat(50), `${'a '.repeat(30).trim()}…`],
    ['👩‍👩‍👧‍👦 family', '👩‍👩‍👧‍👦 family'],
  ])('%j is called %j', (text, title) => {
    expect(story.titleOf({ text })).toBe(title)
  })
})

describe('the prompts', () => {
  const context = stageContext({ input: '一只想当厨师的机器猫' })

  test.each([
    ['storyboard', storyboardPrompt, shotsKey, shotSchema],
    ['camera', cameraPrompt, movesKey, cameraMoveSchema],
  ] as const)('%s shows a shape its own schema accepts, in both languages', (_, prompt, key, schema) => {
    for (const language of ['zh', 'en']) {
      const system = composeMessages(prompt, { ...context, projectInput: { language } })[0]!.content
      expect(system).toContain('JSON')
      const shown = readRows<unknown>(system, key, schema)
      expect(shown).toMatchObject({ complete: true, rows: [{ ok: true }, { ok: true }] })
    }
  })

  test.each([rewritePrompt, storyboardPrompt, cameraPrompt])('keeps to the language of the input', (prompt) => {
    expect(composeMessages(prompt, context)[0]!.content).toMatch(/^你是/)
    expect(composeMessages(prompt, { ...context, input: 'A robot cat' })[0]!.content).toMatch(/^You are/)
  })
})

describe('the check of prose', () => {
  test('sums up words and characters', () => {
    expect(rewrite.check('# Title\n\nTwo more words.', {})).toEqual({ ok: true, summary: '4 words' })
    expect(rewrite.check('# 题\n\n一只猫。', {})).toEqual({ ok: true, summary: '6 字' })
  })

  test.each(['', ' \n\t', '```\n```', '…'])('%j is a bad answer', (text) => {
    expect(rewrite.check(text, {})).toMatchObject({ ok: false, failure: { code: 'provider.badAnswer' } })
  })
})

const shot = (number: unknown, over: object = {}) => ({ number, visual: 'v', narration: 'n', seconds: 4, ...over })
const shots = (...rows: unknown[]) => JSON.stringify({ shots: rows })

describe('the check of shots', () => {
  test.each([
    ['bare', shots(shot(1), shot(2))],
    ['fenced', `\`\`\`json\n${shots(shot(1), shot(2))}\n\`\`\``],
    ['with quotes and braces inside', shots(shot(1, { visual: 'a } " {' }), shot(2, { visual: '\\' }))],
    ['between talk', `\uFEFFSure {here} it is: ${shots(shot(1), shot('2'))} {"done":true}`],
  ])('takes an answer %s', (_, text) => {
    expect(storyboard.check(text, {})).toEqual({ ok: true, summary: '2 shots · 8 s' })
  })

  test.each([
    ['', 'no JSON'],
    ['no json at all', 'no JSON'],
    ['{"shots":[', 'ends before'],
    [shots(shot(1)).slice(0, -1), 'ends before'],
    ['{"shots":[{"number":1,}]}', 'not valid JSON'],
    ['{"rows":[]}', 'no list "shots"'],
    [`{"draft":${shots(shot(1))}}`, 'no list "shots"'],
    ['{"shots":[]}', 'empty'],
    [shots(shot(1), 'two'), 'Shot 2'],
    [shots(shot(1), shot(1)), 'Shot 2, "number"'],
    [shots(shot(0)), 'Shot 1, "number"'],
    [shots(shot(1, { visual: ' ' })), 'Shot 1, "visual"'],
    [shots(shot(1), shot(2, { narration: undefined })), 'Shot 2, "narration"'],
    [shots(shot(1, { seconds: 0 })), 'Shot 1, "seconds"'],
  ])('PL10 %j is a bad answer that says: %s', (text, words) => {
    expect(storyboard.check(text, {})).toMatchObject({
      ok: false,
      failure: { code: 'provider.badAnswer', message: expect.stringContaining(words) },
    })
  })

  test('PL10 the row and field are there as data', () => {
    expect(storyboard.check(shots(shot(1), shot(2, { seconds: 'long' })), {})).toMatchObject({
      failure: { params: { row: 2, field: 'seconds', problem: 'must be a number of seconds' } },
    })
  })
})

const move = (number: number, over: object = {}) => ({ number, move: 'push', speed: 'slow', prompt: 'p', ...over })
const moves = (...rows: unknown[]) => JSON.stringify({ moves: rows })

describe('the check of camera moves', () => {
  test.each([
    ['推', 'push'],
    ['拉', 'pull'],
    ['摇', 'pan'],
    ['移', 'truck'],
    ['跟', 'follow'],
    ['静', 'static'],
    ['推镜头', 'push'],
    ['跟镜', 'follow'],
    ['Push-in', 'push'],
    ['STATIC', 'static'],
  ])('PL11 %s means %s', (word, meant) => {
    const text = moves(move(1, { move: word, speed: '慢' }))
    expect(camera.check(text, {}).ok).toBe(true)
    expect(readRows(text, movesKey, cameraMoveSchema).rows[0]).toMatchObject({ row: { move: meant, speed: 'slow' } })
  })

  test.each([
    [moves(move(1), move(2, { move: 'fly' })), 'Move 2, "move"'],
    [moves(move(1, { speed: 'warp' })), 'Move 1, "speed"'],
    [moves(move(1, { move: 'constructor' })), 'Move 1, "move"'],
    [moves(move(1, { prompt: '' })), 'Move 1, "prompt"'],
    [moves(move(3), move(4), move(3)), 'Move 3, "number"'],
  ])('PL10 %j is a bad answer that says: %s', (text, words) => {
    expect(camera.check(text, {})).toMatchObject({ ok: false, failure: { message: expect.stringContaining(words) } })
  })

  test('is summed up in the language of its text', () => {
    expect(camera.check(moves(move(1)), {})).toEqual({ ok: true, summary: '1 move' })
    const chinese = move(1, { prompt: '镜头缓缓推近渡口的一盏油灯，薄雾在水面上散开' })
    expect(camera.check(moves(chinese), {})).toEqual({ ok: true, summary: '1 个镜头的运镜' })
  })
})
