/**
 * The report itself: one text, a call for each section of the outline, and a checkpoint after each. The headings are
 * the outline's own, whatever a model calls its sections.
 */
import type { StageContext, StageDefinition, StageOutput } from '../../engine/definition.ts'
import { badAnswer, checkProse } from '../checkAnswer.ts'
import { chooseWritingLanguage, detectLanguage } from '../language.ts'
import { fence } from '../material.ts'
import { readHeading, readSections } from '../sections.ts'
import { composeMessages, type Prompt } from '../singleCall.ts'
import { cleanBody } from './cleanBody.ts'
import { briefOf } from './reportInput.ts'

const chineseCraft = `你是一位专业的报告撰稿人，按照提纲逐节撰写一份长报告。每次只写一节，各节连起来要像一个人一气写成。

怎么写
- 只写指定的那一节，写足这一节的全部要点，一般 400 到 900 字；要点多、材料多时可以更长。
- 紧接前文的论述和语气往下写，不重复前文说过的话，不预告后面的内容，也不写“本节将”“综上所述”一类的套话。
- 先给判断，再给理由；用委托说明和提纲中的事实、数字说话。不编造数据、来源、引文和人名；缺少材料的地方，说明需要什么才能判断。
- 分成几个自然段；有并列的事项时可以用列表，有数据对照时可以用表格；需要时用 ### 小标题。`

const englishCraft = `You are a professional writer of reports. You write a long report section by section from its outline. You write one section at a time, and together they must read as if written in one go by one person.

How to write
- Write the named section only, and all of its points: usually 300 to 600 words, more where it has many points or much material.
- Carry on from what stands before it, in argument and tone. Repeat nothing that was said, announce nothing that comes later, and avoid filler such as "this section will" and "in conclusion".
- State the judgement first, then the reasons, with the facts and figures of the brief and the outline. Invent no figures, sources, quotations or names; where material is missing, say what would be needed to decide.
- Several paragraphs; a list for things of equal rank, a table for figures to be compared, ### subheadings where they help.`

const chineseForm = `输出格式
- Markdown 正文，不写报告标题和本节标题：它们已经有了。小标题只用这一级：
### 小标题
- 不写前言、说明、字数统计或任何题外话，只输出这一节的正文。`

const englishForm = `Form of the answer
- The body in Markdown, without the title of the report or of the section: those stand there already. Subheadings of this level only:
### Subheading
- No preface, explanation, word count or other remark. Only the body of this section.`

/** How much of what stands before a section its writer sees. */
const beforeLength = 1_500

export const writing: StageDefinition = {
  key: 'report',
  format: 'markdown',
  previewFrom: 1_800,
  run: (context) => (context.part === null ? writeAll(context) : writePart(context, context.part)),
  check: checkReport,
  readParts: (text) =>
    readSections(text).map(({ title, start, end }, at) => ({ key: String(at + 1), title, start, end })),
}

type Plan = { title: string | null; sections: readonly { title: string; notes: string }[] }

/** An outline of the user's own may have no sections: then it is one. */
function readPlan(outline: string): Plan {
  const title = readHeading(outline)
  const sections = readSections(outline).map((section) => ({
    title: section.title,
    notes: outline.slice(section.bodyStart, section.end).trim(),
  }))
  if (sections.length > 0) return { title, sections }
  const firstLine = outline.trim().split('\n')[0] ?? ''
  return { title: null, sections: [{ title: title ?? firstLine.slice(0, 80), notes: outline.trim() }] }
}

/** `length`: of the text with these sections, in UTF-16 code units. */
type Progress = { done: number; length: number }

async function* writeAll(context: StageContext): AsyncGenerator<StageOutput, void> {
  const plan = readPlan(context.input)
  const present = context.presentText === null ? null : bodiesOf(context.presentText)
  const { done, length } = (context.checkpoint as Progress | null) ?? { done: 0, length: 0 }
  let text = context.keptText
  let kept = text.slice(length)
  for (const [at, { title }] of plan.sections.entries()) {
    if (at < done) continue
    const opening = `${at === 0 && plan.title !== null ? `# ${plan.title}\n\n` : ''}## ${title}\n\n`
    // A text that is continued may stop anywhere, in a heading too.
    const missing = opening.startsWith(kept) ? opening.slice(kept.length) : ''
    const begun = kept.startsWith(opening) ? kept.slice(opening.length) : missing === '' ? kept : ''
    if (missing !== '') yield { type: 'text', text: missing }
    const before = text.slice(0, text.length - kept.length)
    text += missing
    const section = { plan, at, before, present: present?.get(title) ?? null, begun }
    for await (const piece of writeSection(context, section)) {
      text += piece
      yield { type: 'text', text: piece }
    }
    const gap = missingEnd(text, at === plan.sections.length - 1 ? 1 : 2)
    text += gap
    yield { type: 'text', text: gap }
    yield { type: 'checkpoint', data: { done: at + 1, length: text.length } satisfies Progress }
    kept = ''
  }
}

/** The line breaks that still have to come so that the text ends with `count` of them. */
function missingEnd(text: string, count: number): string {
  const present = text.length - text.replace(/\n+$/, '').length
  return '\n'.repeat(Math.max(0, count - present))
}

/** Its own heading, which the user may have changed, and the notes of the outline's section of that name or place. */
async function* writePart(
  context: StageContext,
  part: NonNullable<StageContext['part']>,
): AsyncGenerator<StageOutput, void> {
  const plan = readPlan(context.input)
  const place = Number(part.key) - 1
  const named = plan.sections.findIndex(({ title }) => title === part.title)
  const notes = plan.sections[named === -1 ? place : named]?.notes ?? ''
  const only: Plan = { title: plan.title, sections: [{ title: part.title, notes }] }
  const present = context.presentText === null ? null : (bodiesOf(part.text).get(part.title) ?? null)
  yield { type: 'text', text: `## ${part.title}\n\n` }
  const section = { plan: only, at: 0, before: part.before, present, begun: '' }
  for await (const piece of writeSection(context, section)) yield { type: 'text', text: piece }
  yield { type: 'text', text: part.after === '' ? '\n' : '\n\n' }
}

type Section = {
  plan: Plan
  at: number
  /** What stands before it in the report. */
  before: string
  /** Its present body, when that is to be changed. */
  present: string | null
  /** What of its body is there already. */
  begun: string
}

function writeSection(context: StageContext, section: Section): AsyncGenerator<string> {
  const { projectInput, input, instructions } = context
  const { prompt: language } = chooseWritingLanguage(projectInput.language, input)
  const words = language === 'zh' ? chinese : english
  const { title, notes } = section.plan.sections[section.at]!
  const before = section.before.trim().slice(-beforeLength)
  const messages = composeMessages(sectionPrompt, {
    projectInput,
    input,
    instructions,
    presentText: section.present,
    keptText: section.begun,
    beside: [
      `${words.section}\n${fence('section', `## ${title}\n${notes}`)}`,
      `${words.brief}\n${fence('brief', briefOf(projectInput))}`,
      ...(before === '' ? [] : [`${words.before}\n${fence('before', before)}`]),
    ],
  })
  return cleanBody(context.call({ messages, format: 'text' }), { begun: section.begun !== '' })
}

/** The title of the section is a model's or a user's: it stands in a tag, never in the sentence that asks. */
export const sectionPrompt: Prompt = {
  format: 'text',
  craft: { zh: chineseCraft, en: englishCraft },
  form: { zh: chineseForm, en: englishForm },
  request: {
    zh: '请撰写报告中的一节，见 <section>。整份报告的提纲如下。',
    en: 'Write one section of a report, the one in <section>. This is the outline of the whole report.',
  },
}

const english = {
  section: 'The section to write, with its points:',
  brief: 'The brief the report answers:',
  before: 'The end of what stands right before it:',
}
const chinese: typeof english = {
  section: '要写的这一节及其要点：',
  brief: '报告的委托说明：',
  before: '紧接在它之前的文字（末尾部分）：',
}

function bodiesOf(text: string): ReadonlyMap<string, string> {
  return new Map(readSections(text).map(({ title, bodyStart, end }) => [title, text.slice(bodyStart, end).trim()]))
}

function checkReport(text: string): ReturnType<StageDefinition['check']> {
  const prose = checkProse(text)
  if (!prose.ok) return prose
  const sections = readSections(text)
  const { length } = sections
  const empty = sections.find(({ bodyStart, end }) => text.slice(bodyStart, end).trim() === '')
  if (empty !== undefined) return badAnswer(`The section “${empty.title}” has no text.`, { section: empty.title })
  if (detectLanguage(text) === 'zh') return { ok: true, summary: `${length} 节 · ${prose.summary}` }
  return { ok: true, summary: `${length === 1 ? '1 section' : `${length} sections`} · ${prose.summary}` }
}
