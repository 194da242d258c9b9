import { z } from 'zod'
import type { Failure } from '../../errors.ts'
import type { ProjectInput, StageContext, StageDefinition, StageOutput } from '../../engine/definition.ts'
import { checkRows } from '../checkAnswer.ts'
import { readRows } from '../jsonRows.ts'
import { chooseWritingLanguage, detectLanguage } from '../language.ts'
import { fence } from '../material.ts'
import { readRowTable } from '../rowTable.ts'
import { composeMessages, type Prompt } from '../singleCall.ts'
import { filledText, shotNumberField } from '../story/rowFields.ts'
import { readCodeInput, requirementOf } from './codeInput.ts'

export const criterionSchema = z.object({
  number: shotNumberField,
  name: filledText,
  /** 0 to 100. */
  score: z.preprocess(
    (value) =>
      typeof value === 'string' && /^\s*\d+(\.\d+)?\s*(\/\s*100)?\s*$/.test(value) ? Number.parseFloat(value) : value,
    z.number({ error: 'must be a number from 0 to 100' }).min(0, 'must be at least 0').max(100, 'must be at most 100'),
  ),
  reason: filledText,
})

export type Criterion = z.infer<typeof criterionSchema>

export const criteriaKey = 'criteria'
const skippedText = `{"${criteriaKey}":[],"skipped":true}\n`

const shape =
  '{"criteria":[{"number":1,"name":"…","score":80,"reason":"…"},{"number":2,"name":"…","score":65,"reason":"…"}]}'

const chineseCraft = `你是一位严格而公正的评审，判断一份应用规格能不能直接拿去编码。

怎么评
- 按这五项评分：完整（需求的每一点都有着落）；一致（名称、状态、行为互不矛盾）；明确（编码的人不必再做决定）；可行（只用浏览器就能做到，不联网，不用存储）；可用（空、错、窄屏、键盘都想到了）。
- 每项 0 到 100 分：90 以上是挑不出毛病，70 是小修可用，50 以下是不能用。宁可严，不可松。
- reason 用一两句话指出扣分的具体之处，写明在哪一节；没有扣分也说明依据。`

const englishCraft = `You are a strict and fair reviewer. You judge whether the specification of an app can be coded as it stands.

How to judge
- Score these five: completeness (every point of the requirement is met); consistency (names, state and behaviour do not contradict one another); clarity (no decision is left to whoever codes it); feasibility (a browser alone can do it, without network and storage); usability (nothing, failures, narrow screens and the keyboard are thought of).
- Each from 0 to 100: above 90 nothing can be found fault with, 70 is usable with small repairs, below 50 is not usable. Rather too strict than too lenient.
- "reason" names in one or two sentences what cost the points and in which section; where nothing did, what the score rests on.`

const chineseForm = `输出格式
- 只输出一个 JSON 对象，形状必须与此完全一致：
${shape}
- 键名用英文，照抄不改；score 是 0 到 100 的数字，不加引号；name 与 reason 的值用上面规定的语言。
- 从 { 开始，到 } 结束，前后没有任何文字，也不用代码块。字符串里不换行，引号用“”。`

const englishForm = `Form of the answer
- Exactly one JSON object of exactly this shape:
${shape}
- The keys stay in English as they are; "score" is a bare number from 0 to 100; "name" and "reason" are in the language named above.
- Begin with { and end with }: no words before or after, no code fence. No line breaks inside strings; quotation marks inside them are curly (“ ”).`

export const validatePrompt: Prompt = {
  format: 'json',
  craft: { zh: chineseCraft, en: englishCraft },
  form: { zh: chineseForm, en: englishForm },
  request: { zh: '请评审下面的规格。', en: 'Review this specification.' },
}

/** The specification judged; below the project's threshold the task ends as failed, with the reasons. */
export const validate: StageDefinition = {
  key: 'validate',
  format: 'json',
  run: runReview,
  check: checkReview,
  readTable: (text) =>
    readRowTable(text, {
      key: criteriaKey,
      schema: criterionSchema,
      columns: { zh: ['序号', '项目', '得分', '理由'], en: ['No.', 'Criterion', 'Score', 'Reason'] },
      cells: ({ number, name, score, reason }) => [String(number), name, String(score), reason],
    }),
}

async function* runReview(context: StageContext): AsyncGenerator<StageOutput, void> {
  if (readCodeInput(context.projectInput).skipValidation) {
    yield { type: 'text', text: skippedText }
    return
  }
  const { prompt: language } = chooseWritingLanguage(context.projectInput.language, context.input)
  const words = language === 'zh' ? '应用要满足的需求：' : 'The requirement the app has to meet:'
  const beside = [`${words}\n${fence('requirement', requirementOf(context.projectInput))}`]
  const messages = composeMessages(validatePrompt, { ...context, beside })
  for await (const text of context.call({ messages, format: 'json' })) yield { type: 'text', text }
}

/** Whether the review was left out by the project's wish. */
export function isSkipped(text: string): boolean {
  return text.trim() === skippedText.trim()
}

/** The score of a review: the mean of its criteria, 0 to 100; null while there is none. */
export function scoreOf(criteria: readonly Criterion[]): number | null {
  if (criteria.length === 0) return null
  return Math.round(criteria.reduce((sum, { score }) => sum + score, 0) / criteria.length)
}

function checkReview(text: string, input: ProjectInput): ReturnType<StageDefinition['check']> {
  if (isSkipped(text)) return { ok: true, summary: '–' }
  const rules = { key: criteriaKey, rowName: 'Criterion', schema: criterionSchema, summarize: summarizeReview }
  const checked = checkRows(text, rules)
  if (!checked.ok) return checked
  const criteria = readRows(text, criteriaKey, criterionSchema).rows.flatMap((read) => (read.ok ? [read.row] : []))
  const score = scoreOf(criteria) ?? 0
  const threshold = readCodeInput(input).qualityThreshold
  if (score >= threshold) return { ...checked, score }
  return { ok: false, failure: belowThreshold(criteria, { score, threshold }), score }
}

function belowThreshold(
  criteria: readonly Criterion[],
  { score, threshold }: { score: number; threshold: number },
): Failure {
  const worst = criteria.toSorted((a, b) => a.score - b.score).slice(0, 2)
  const reasons = worst.map(({ name, score: own, reason }) => `${name} (${own}): ${reason}`).join(' ')
  return {
    code: 'quality.belowThreshold',
    message: `The specification scored ${score} of 100, below the threshold of ${threshold}. ${reasons}`,
    params: { score, threshold },
  }
}

function summarizeReview(criteria: readonly Criterion[], text: string): string {
  const score = scoreOf(criteria) ?? 0
  return detectLanguage(text) === 'zh' ? `${score} 分` : `${score} of 100`
}
