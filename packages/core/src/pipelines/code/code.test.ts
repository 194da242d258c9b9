import { describe, expect, test } from 'vitest'
import type { StageContext } from '../../engine/definition.ts'
import { stageContext } from '../../testing/stageContext.ts'
import { readRows } from '../jsonRows.ts'
import { composeMessages } from '../singleCall.ts'
import { code } from './code.ts'
import { execute, specKey, specPrompt } from './execute.ts'
import { generate, generatePrompt } from './generate.ts'
import { plan, planKey, planPrompt } from './plan.ts'
import { readFiles } from './files.ts'
import { sectionSchema } from './sections.ts'
import { criteriaKey, criterionSchema, validate, validatePrompt } from './validate.ts'

const requirement = '一个记录喝水的小页面'
const context = stageContext({ projectInput: code.parseInput({ requirement }), input: requirement })

type Asked = Parameters<StageContext['call']>[0]

/** What a stage writes when the model answers with `answer`, in pieces of 7. */
async function write(stage: typeof plan, answer: string, over: Partial<StageContext> = {}) {
  const asked: Asked[] = []
  const call = async function* (request: Asked): AsyncGenerator<string> {
    asked.push(request)
    for (let at = 0; at < answer.length; at += 7) yield answer.slice(at, at + 7)
  }
  let text = ''
  for await (const output of stage.run({ ...context, call, ...over })) if (output.type === 'text') text += output.text
  return { text, asked }
}

describe('the requirement', () => {
  test('PL2 has 1 to 5,000 characters, and settings with defaults', () => {
    expect(code.parseInput({ requirement: 'x' })).toEqual({
      requirement: 'x',
      packageName: 'app',
      qualityThreshold: 70,
      skipValidation: false,
      preview: true,
    })
    expect(() => code.parseInput({ requirement: 'x'.repeat(5_001) })).toThrow(
      expect.objectContaining({ code: 'input.tooLong', params: expect.objectContaining({ allowed: 5_000 }) }),
    )
  })

  test.each([
    { requirement: ' ' },
    { requirement: 'x', qualityThreshold: 101 },
    { requirement: 'x', packageName: '../a' },
  ])('PL2 %j is refused', (input) => {
    expect(() => code.parseInput(input)).toThrow(expect.objectContaining({ code: 'input.invalid' }))
  })
})

describe('the prompts', () => {
  test.each([
    ['plan', planPrompt, planKey, sectionSchema],
    ['execute', specPrompt, specKey, sectionSchema],
    ['validate', validatePrompt, criteriaKey, criterionSchema],
  ] as const)('%s shows a shape its own schema accepts, in both languages', (_, prompt, key, schema) => {
    for (const language of ['zh', 'en']) {
      const system = composeMessages(prompt, { ...context, projectInput: { language } })[0]!.content
      expect(readRows<unknown>(system, key, schema)).toMatchObject({
        complete: true,
        rows: [{ ok: true }, { ok: true }],
      })
    }
  })

  test('generate shows files its own reader reads', () => {
    for (const language of ['zh', 'en']) {
      const system = composeMessages(generatePrompt, { ...context, projectInput: { language } })[0]!.content
      expect(readFiles(system).map(({ path, problem }) => [path, problem])).toEqual([
        ['index.html', null],
        ['style.css', null],
      ])
    }
  })
})

describe('locked sections', () => {
  const section = (number: number, content: string, locked?: true) => ({
    number,
    title: 't',
    content,
    ...(locked && { locked }),
  })
  const planOf = (...sections: object[]) => JSON.stringify({ [planKey]: sections })
  const present = planOf(section(1, 'one'), section(2, 'mine', true), section(4, 'four', true))
  const read = (text: string) => readRows(text, planKey, sectionSchema).rows.map((row) => row.ok && row.row)

  test('PL21 stay as they are, whatever the model makes of them', async () => {
    const answer = `Sure: ${planOf(section(1, 'new one'), section(2, 'changed'), section(3, 'three'))}`
    const { text } = await write(plan, answer, { presentText: present, instructions: ['anders'] })
    expect(read(text)).toEqual([
      section(1, 'new one'),
      section(2, 'mine', true),
      section(3, 'three'),
      section(4, 'four', true),
    ])
    expect(plan.check(text, {})).toMatchObject({ ok: true })
  })

  test('PL21 come back where the model left them out', async () => {
    const { text } = await write(plan, planOf(section(1, 'a'), section(5, 'e')), {
      presentText: present,
      instructions: ['x'],
    })
    expect(read(text)).toEqual([section(1, 'a'), section(2, 'mine', true), section(4, 'four', true), section(5, 'e')])
  })

  test('PL21 an answer that is none is passed on, and refused', async () => {
    const { text } = await write(plan, 'I can not do that.', { presentText: present, instructions: ['x'] })
    expect(text).toBe('I can not do that.')
    expect(plan.check(text, {})).toMatchObject({ ok: false })
  })

  test('without any the answer is the text, as it comes', async () => {
    const answer = planOf(section(1, 'a'))
    expect((await write(plan, answer)).text).toBe(answer)
    expect((await write(execute, answer)).text).toBe(answer)
  })
})

describe('the review', () => {
  const review = (...scores: number[]) =>
    JSON.stringify({
      criteria: scores.map((score, index) => ({ number: index + 1, name: `N${index}`, score, reason: `R${index}.` })),
    })

  test.each([
    [review(70, 70), { ok: true, summary: '70 of 100', score: 70 }],
    [review(100, '40/100' as unknown as number), { ok: true, summary: '70 of 100' }],
    [review(101), { ok: false, failure: { code: 'provider.badAnswer' } }],
    ['{"criteria":[]}', { ok: false, failure: { code: 'provider.badAnswer' } }],
  ])('PL22 %s is summed up by its mean or refused', (text, check) => {
    expect(validate.check(text, context.projectInput)).toMatchObject(check)
  })

  test('PL22 below the threshold it is a failure with the score and the worst reasons', () => {
    const failure = {
      code: 'quality.belowThreshold',
      params: { score: 60, threshold: 70 },
      message: expect.stringContaining('N1 (30): R1. N2 (60): R2.'),
    }
    expect(validate.check(review(90, 30, 60), context.projectInput)).toMatchObject({ ok: false, failure, score: 60 })
    expect(validate.check(review(90, 30, 60), { ...context.projectInput, qualityThreshold: 60 })).toMatchObject({
      ok: true,
    })
  })

  test('PL22 is skipped without a call when the project says so', async () => {
    const projectInput = { ...context.projectInput, skipValidation: true }
    const { text, asked } = await write(validate, 'x', { projectInput })
    expect(asked).toEqual([])
    expect(validate.check(text, projectInput)).toMatchObject({ ok: true })
  })

  test('shows the model the requirement beside the specification', async () => {
    const { asked } = await write(validate, review(70), { input: 'SPEC' })
    expect(asked[0]!.messages[1]!.content).toContain(`<requirement>\n${requirement}\n</requirement>`)
  })
})

describe('the files', () => {
  const files = '=== file: index.html ===\n<p>\n=== end ===\n\n=== file: a.js ===\nlet a\n=== end ===\n'

  test('PL23 are written from the specification and the review', async () => {
    const { text, asked } = await write(generate, files, { input: 'REVIEW', earlier: { execute: 'SPEC' } })
    expect(readFiles(text)).toHaveLength(2)
    const content = asked[0]!.messages[1]!.content
    for (const part of ['<material>\nREVIEW\n', '<spec>\nSPEC\n', requirement]) expect(content).toContain(part)
    expect(asked[0]!.messages[0]!.content).toMatch(/^你是/)
  })

  test('PL23 one is written anew beside the others', async () => {
    const [first, second] = generate.readParts!(files)
    const around = { before: files.slice(0, second!.start), text: files.slice(second!.start), after: '' }
    const part = { ...second!, ...around }
    const answer = '=== file: a.js ===\nlet b\n=== end ==='
    const over = { part, keptText: part.before, presentText: files, instructions: ['b'], earlier: { execute: 'S' } }
    const { text, asked } = await write(generate, answer, over)
    expect(readFiles(part.before + text).map(({ content }) => content)).toEqual(['<p>\n', 'let b\n'])
    expect(first!.key).toBe('index.html')
    const { content } = asked[0]!.messages[1]!
    expect(content).toContain('<present>\n=== file: a.js ===\nlet a\n')
    expect(content).toContain('只写 "a.js" 这一个文件')
    expect(asked[0]!.messages).toHaveLength(2)
  })

  test.each([
    [files, { ok: true, summary: '2 个文件 · 10 B' }],
    ['no files', { ok: false }],
    [files.slice(0, -5), { ok: false, failure: { params: { file: 'a.js' } } }],
    ['=== file: a.js ===\n=== end ===\n', { ok: false, failure: { params: { file: 'index.html' } } }],
    [files.replace('a.js', '../a.js'), { ok: false, failure: { params: { file: '../a.js' } } }],
  ])('PL19 %j is summed up or refused', (text, check) => {
    expect(generate.check(text, context.projectInput)).toMatchObject(check)
  })

  test('need no page where none was wished for', () => {
    const input = { ...context.projectInput, preview: false }
    expect(generate.check('=== file: a.js ===\n=== end ===\n', input)).toMatchObject({ ok: true })
  })
})
