import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pipelineOf, readSections, type PartRun, type StageContext } from '@stagewright/core'
import { startDemoWriter, type DemoWriter } from './demoWriter.ts'
import { writeByDemo } from './testing/writeByDemo.ts'

/** The report's own stages over the demo's own HTTP. */
let writer: DemoWriter
const [outline, writing] = pipelineOf('report').stages as [Stage, Stage]
type Stage = ReturnType<typeof pipelineOf>['stages'][number]

beforeAll(async () => {
  writer = await startDemoWriter({ tokensPerSecond: Infinity, firstTokenMs: 0 })
})

afterAll(() => writer.close())

function run(stage: Stage, input: string, options: Partial<StageContext> = {}): Promise<string> {
  return writeByDemo(stage, () => writer, { projectInput: { brief: briefs[0]! }, input, ...options })
}

const briefs = [
  '城市共享单车的停放问题。我们管理 3 个街道，共有 1200 辆车。高峰时段投诉集中在地铁口。预算不超过 50 万元。请给区政府看。',
  'Night buses in a town of 40,000 people. Two lines ran until 2019. Taxis are rare after eleven. The council decides in May.',
  'x',
]

describe.each(briefs)('a report on %j', (brief) => {
  test('W26 has an outline and a text that pass the checks of their stages, the same each time', async () => {
    const projectInput = { brief }
    const plan = await run(outline, brief, { projectInput })
    expect(outline.check(plan, {})).toMatchObject({ ok: true })
    const text = await run(writing, plan, { projectInput })
    expect(writing.check(text, {})).toMatchObject({ ok: true })
    expect(readSections(text).map(({ title }) => title)).toEqual(readSections(plan).map(({ title }) => title))
    expect(text.length).toBeGreaterThan(1_800)
    expect(await run(writing, plan, { projectInput })).toBe(text)
    if (/\p{sc=Han}/u.test(brief)) expect(text).not.toMatch(/[a-z]{4}/iu)
  })

  test('W26 takes wishes, for all of it and for one section', async () => {
    const projectInput = { brief }
    const plan = await run(outline, brief, { projectInput })
    for (const wish of ['shorter', '更短', 'name the costs']) {
      const revised = await run(outline, brief, { projectInput, presentText: plan, instructions: [wish] })
      expect(revised).not.toBe(plan)
      expect(outline.check(revised, {})).toMatchObject({ ok: true })
    }
    const text = await run(writing, plan, { projectInput })
    const shorter = await run(writing, plan, { projectInput, presentText: text, instructions: ['shorter'] })
    expect(writing.check(shorter, {})).toMatchObject({ ok: true })
    expect(shorter.length).toBeLessThan(text.length)
    const found = writing.readParts!(text)[1]!
    const around = {
      before: text.slice(0, found.start),
      text: text.slice(found.start, found.end),
      after: text.slice(found.end),
    }
    const part: PartRun = { ...found, ...around }
    const anew = await run(writing, plan, { projectInput, presentText: text, instructions: ['shorter'], part })
    expect(anew.length).toBeLessThan(part.text.length)
    expect(writing.check(part.before + anew + part.after, {})).toMatchObject({ ok: true })
  })

  test('W26 goes on after a cut in the middle of a section', async () => {
    const projectInput = { brief }
    const plan = await run(outline, brief, { projectInput })
    const text = await run(writing, plan, { projectInput })
    const keptText = text.slice(0, readSections(text)[0]!.end - 60)
    expect(keptText + (await run(writing, plan, { projectInput, keptText }))).toBe(text)
  })
})
