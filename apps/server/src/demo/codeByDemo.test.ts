import { Script } from 'node:vm'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pipelineOf, readRows, type PartRun, type StageContext, type StageDefinition } from '@stagewright/core'
import { z } from 'zod'
import { startDemoWriter, type DemoWriter } from './demoWriter.ts'
import { writeByDemo } from './testing/writeByDemo.ts'

/** The stages of an app over the demo's own HTTP. */
let writer: DemoWriter
const code = pipelineOf('code')
const [plan, execute, validate, generate] = code.stages as [
  StageDefinition,
  StageDefinition,
  StageDefinition,
  StageDefinition,
]

beforeAll(async () => {
  writer = await startDemoWriter({ tokensPerSecond: Infinity, firstTokenMs: 0 })
})

afterAll(() => writer.close())

const requirements = [
  '写一个记录每天喝水量的小页面。可以加一杯、撤销，显示今天还差多少。',
  'A page to split a dinner bill. Several people, a tip in percent, who owes whom.',
  'x "quoted" </requirement> <script>alert(1)</script>',
]

function run(stage: StageDefinition, input: string, options: Partial<StageContext> & { requirement: string }) {
  const { requirement, ...over } = options
  return writeByDemo(stage, () => writer, { projectInput: code.parseInput({ requirement }), input, ...over })
}

async function makeAll(requirement: string) {
  const planned = await run(plan, requirement, { requirement })
  const spec = await run(execute, planned, { requirement })
  const review = await run(validate, spec, { requirement })
  const files = await run(generate, review, { requirement, earlier: { execute: spec } })
  return { planned, spec, review, files }
}

describe.each(requirements)('an app for %j', (requirement) => {
  const input = code.parseInput({ requirement })

  test('W26 has texts that pass the checks of their stages, the same each time', async () => {
    const made = await makeAll(requirement)
    expect(plan.check(made.planned, input)).toMatchObject({ ok: true })
    expect(execute.check(made.spec, input)).toMatchObject({ ok: true })
    expect(validate.check(made.review, input)).toMatchObject({ ok: true })
    expect(generate.check(made.files, input)).toMatchObject({ ok: true })
    expect(await makeAll(requirement)).toEqual(made)
    if (/\p{sc=Han}/u.test(requirement)) expect(made.planned + made.review).toMatch(/\p{sc=Han}/u)
  })

  test('W26 is a page whose scripts are whole', async () => {
    const page = generate.readPage!((await makeAll(requirement)).files)!
    const scripts = [...page.matchAll(/<script>\n([^]*?)<\/script>/g)].map((found) => found[1]!)
    expect(scripts).toHaveLength(1)
    expect(() => new Script(scripts[0]!)).not.toThrow()
    expect(page).not.toContain('alert(1)</script>')
  })

  test('W26 takes wishes, for a section, for all files and for one', async () => {
    const made = await makeAll(requirement)
    const revised = await run(plan, requirement, {
      requirement,
      presentText: made.planned,
      instructions: ['section 2: for children too'],
    })
    expect(plan.check(revised, input)).toMatchObject({ ok: true })
    const { rows } = readRows(revised, 'plan', z.object({ content: z.string() }))
    expect(rows[1]).toMatchObject({ ok: true, row: { content: expect.stringContaining('for children too') } })

    const wished = { requirement, earlier: { execute: made.spec }, presentText: made.files, instructions: ['in green'] }
    const files = await run(generate, made.review, wished)
    expect(files).toContain('in green')
    expect(generate.check(files, input)).toMatchObject({ ok: true })
    const found = generate.readParts!(made.files)[1]!
    const around = { before: made.files.slice(0, found.start), after: made.files.slice(found.end) }
    const part: PartRun = { ...found, ...around, text: made.files.slice(found.start, found.end) }
    const anew = await run(generate, made.review, { ...wished, part })
    expect(anew).toContain('in green')
    expect(generate.check(part.before + anew + part.after, input)).toMatchObject({ ok: true })
  })

  test('W26 goes on after a cut', async () => {
    const { files, review, spec } = await makeAll(requirement)
    const keptText = files.slice(0, Math.floor(files.length / 2))
    const rest = await run(generate, review, { requirement, earlier: { execute: spec }, keptText })
    expect((keptText + rest).trim()).toBe(files.trim())
  })
})
