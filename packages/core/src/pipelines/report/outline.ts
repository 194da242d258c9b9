import type { StageDefinition } from '../../engine/definition.ts'
import { badAnswer, checkProse } from '../checkAnswer.ts'
import { detectLanguage } from '../language.ts'
import { readSections } from '../sections.ts'
import { singleCall, type Prompt } from '../singleCall.ts'

/** More would be a book, and each is a call of its own. */
export const sectionLimit = 30

const chineseCraft = `你是一位资深的研究编辑，为一份长报告拟定提纲。报告随后由他人逐节撰写，每位撰写者都只看得到提纲，所以提纲要把话说清楚。

怎么拟
- 先读懂委托说明：报告给谁看、要回答什么问题、有哪些已知的事实和限制。说明里的事实、数字和专名一个也不要丢，放到该用它的那一节。
- 标题一句话说清报告讲什么。
- 分 5 到 9 节；说明要求更多或更少时照办，但不超过 30 节。顺序要能讲通：先交代背景与问题，再展开分析，最后落到结论与建议。各节之间不重复。
- 每节下面写 2 到 5 个要点：这一节要说明什么、用到哪些材料、得出什么判断。要点写具体，不写“略”“等等”。
- 不知道的事写成需要说明的问题，不编造数据、来源和人名。`

const englishCraft = `You are a senior research editor. You draw up the outline of a long report. The sections are then written one by one, by writers who see nothing but your outline, so it must say clearly what is meant.

How to draw it up
- Understand the brief first: who will read the report, which questions it answers, which facts and limits are given. No fact, figure or name of the brief is lost: put each into the section that needs it.
- The title says in one line what the report is about.
- 5 to 9 sections; more or fewer where the brief asks for it, never more than 30. Their order carries the argument: the background and the question, then the analysis, last the conclusions and recommendations. No section repeats another.
- Under each section 2 to 5 points: what it has to show, with which material, to which conclusion. Be concrete; never "and so on".
- What is not known becomes a question the section must address. Invent no figures, sources or names.`

const chineseForm = `输出格式
- Markdown，形状必须与此一致：
# 报告标题

## 第一节的标题
- 要点
- 要点

## 第二节的标题
- 要点
- 要点
- 节标题不写编号。除标题、节标题和要点外没有别的文字：没有前言、说明和代码块。`

const englishForm = `Form of the answer
- Markdown of exactly this shape:
# Title of the report

## Title of the first section
- point
- point

## Title of the second section
- point
- point
- No numbers in the titles. Nothing but the title, the sections and their points: no preface, no remark, no code fence.`

export const outlinePrompt: Prompt = {
  format: 'text',
  craft: { zh: chineseCraft, en: englishCraft },
  form: { zh: chineseForm, en: englishForm },
  request: { zh: '请为下面的委托说明拟定报告提纲。', en: 'Draw up the outline of the report this brief asks for.' },
}

/** The brief as sections with their points, in Markdown. */
export const outline: StageDefinition = {
  key: 'outline',
  format: 'markdown',
  run: singleCall(outlinePrompt),
  check: checkOutline,
}

function checkOutline(text: string): ReturnType<StageDefinition['check']> {
  const prose = checkProse(text)
  if (!prose.ok) return prose
  const { length } = readSections(text)
  if (length === 0) return badAnswer('The outline has no section: no line begins with "## ".', {})
  if (length > sectionLimit) {
    const params = { given: length, allowed: sectionLimit }
    return badAnswer(`The outline has ${length} sections; a report has at most ${sectionLimit}.`, params)
  }
  if (detectLanguage(text) === 'zh') return { ok: true, summary: `${length} 节` }
  return { ok: true, summary: length === 1 ? '1 section' : `${length} sections` }
}
