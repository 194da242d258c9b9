import type { WritingLanguage } from './readRequest.ts'
import { readJsonList } from './readJsonList.ts'
import { choose, seedOf } from './seed.ts'
import { dropEndMark, splitSentences } from './sentences.ts'
import { readSubject } from './subject.ts'

export type Section = { number: number; title: string; content: string; locked?: boolean }

/** The plan of an app: what the requirement says, and what it leaves open. */
export function makePlan(requirement: string, language: WritingLanguage): Section[] {
  const { title, head } = readSubject(requirement.trim().split('\n')[0] ?? '', language)
  const wanted = splitSentences(requirement).map(dropEndMark).slice(0, 8)
  return number((language === 'zh' ? chinesePlan : englishPlan)(plain(title), plain(head), wanted.map(plain)))
}

/** The specification of the app a plan describes. */
export function makeSpec(plan: string, language: WritingLanguage): Section[] {
  const goal = readSections(plan, 'plan')?.[0]?.content ?? plan
  const name = /“([^”]+)”/u.exec(goal)?.[1] ?? (language === 'zh' ? '清单' : 'List')
  return number((language === 'zh' ? chineseSpec : englishSpec)(plain(name)))
}

/** Sections someone made, null where there are none. */
export function readSections(text: string, key: 'plan' | 'spec'): Section[] | null {
  return readJsonList(text, key, (row, index) => {
    if (typeof row.title !== 'string' || typeof row.content !== 'string') return null
    const section = { number: Number(row.number) || index + 1, title: row.title, content: row.content }
    return row.locked === true ? { ...section, locked: true } : section
  })
}

/** The wish stands in the section it names ("section 2 …"), else in the last. */
export function reviseSections(sections: readonly Section[], wished: string, language: WritingLanguage): Section[] {
  const named = Number(/(?:section|part|第)\s*(\d+)/iu.exec(wished)?.[1] ?? sections.at(-1)?.number)
  const line = language === 'zh' ? `另外：${plain(dropEndMark(wished))}。` : `Also: ${plain(dropEndMark(wished))}.`
  return sections.map((each) => (each.number === named ? { ...each, content: `${each.content}\n${line}` } : each))
}

export type Criterion = { number: number; name: string; score: number; reason: string }

/** A review: the more sections a specification has, the better it fares. */
export function makeReview(spec: string, language: WritingLanguage): Criterion[] {
  const sections = readSections(spec, 'spec') ?? []
  const seed = seedOf(spec)
  const names = language === 'zh' ? chineseCriteria : englishCriteria
  return names.map(({ name, good, poor }, index) => {
    const score = Math.max(20, Math.min(96, 54 + 5 * sections.length + Number(choose(scoreSteps, seed, name))))
    return { number: index + 1, name, score, reason: score >= 80 ? good : poor }
  })
}

const scoreSteps = ['-6', '-3', '0', '3', '6']

function number(sections: readonly Omit<Section, 'number'>[]): Section[] {
  return sections.map((section, index) => ({ number: index + 1, ...section }))
}

/** As a string of JSON without line breaks and straight quotes likes it. */
export function plain(text: string): string {
  return text.replace(/\s+/gu, ' ').replaceAll('"', '”').trim()
}

type Drafted = Omit<Section, 'number'>[]

const englishPlan = (name: string, head: string, wanted: readonly string[]): Drafted => [
  { title: 'Goal', content: `“${name}”: one page on which a person gets ${head} done without being taught how.` },
  {
    title: 'Users and situations',
    content: 'One person at a time, on a phone in one hand or at a desk. Nothing to sign in to, nothing to install.',
  },
  {
    title: 'Features',
    content: [
      ...wanted.map((each) => `- ${each}.`),
      '- Entries are added, ticked off and taken away.',
      '- What is open and what is done can be shown apart.',
    ].join('\n'),
  },
  {
    title: 'Screens',
    content: 'A single screen: the name, a field with a button, the entries, and how many are open.',
  },
  {
    title: 'Data',
    content: 'An entry has an id, a text and whether it is done. They live as long as the page; that is our decision.',
  },
  { title: 'Out of scope', content: 'Accounts, a server, sharing, reminders. The page works without a network.' },
]

const chinesePlan = (name: string, head: string, wanted: readonly string[]): Drafted => [
  { title: '目标', content: `“${name}”：一个页面，让人不用学就能办好${head}。` },
  { title: '使用者与场景', content: '一次一个人，单手拿手机，或坐在桌前。不用登录，不用安装。' },
  {
    title: '功能',
    content: [
      ...wanted.map((each) => `- ${each}。`),
      '- 条目可以添加、勾选、删除。',
      '- 未完成与已完成可以分开看。',
    ].join('\n'),
  },
  { title: '界面', content: '只有一个界面：名称、输入框与按钮、条目列表、未完成的数量。' },
  { title: '数据', content: '每个条目有编号、文字和是否完成。数据随页面存在，关闭即消失；这是我们的决定。' },
  { title: '不做什么', content: '不做账号、服务器、分享和提醒。没有网络也能使用。' },
]

const englishSpec = (name: string): Drafted => [
  {
    title: 'Files',
    content: 'index.html: the page. style.css: its look. app.js: its behaviour. README.md: what it is.',
  },
  {
    title: 'Structure',
    content: `header with h1 “${name}”; form#add with label, input#text and button; ul#entries; p#count; two filter buttons in nav#filter.`,
  },
  {
    title: 'Styles',
    content:
      'One column of at most 36rem, system font, light and dark by prefers-color-scheme. Below 30rem the button goes under the field.',
  },
  {
    title: 'State',
    content: 'entries: an array of { id, text, done }. filter: “all” or “open”. nextId: counts up from 1.',
  },
  {
    title: 'Behaviour',
    content:
      'Submitting the form adds an entry and empties the field. The checkbox changes done. The button of an entry takes it away. Every change draws the list anew.',
  },
  {
    title: 'Edge cases',
    content: 'A blank text adds nothing and keeps the focus. A text is cut at 200 characters. An empty list says so.',
  },
  {
    title: 'Accessibility',
    content: 'Every control has a label; the count is a live region; the order of the keyboard is that of the page.',
  },
]

const chineseSpec = (name: string): Drafted => [
  { title: '文件', content: 'index.html：页面。style.css：样式。app.js：行为。README.md：说明。' },
  {
    title: '页面结构',
    content: `header 内有 h1“${name}”；form#add 内有标签、input#text 和按钮；ul#entries；p#count；nav#filter 内有两个筛选按钮。`,
  },
  {
    title: '样式',
    content: '单栏，最宽 36rem，系统字体，按 prefers-color-scheme 分明暗。窄于 30rem 时按钮移到输入框下面。',
  },
  { title: '状态', content: 'entries：由 { id, text, done } 组成的数组。filter：“all”或“open”。nextId：从 1 递增。' },
  {
    title: '行为',
    content: '提交表单即添加条目并清空输入框。复选框切换 done。条目上的按钮将其删除。每次变化后重新绘制列表。',
  },
  { title: '边界情况', content: '空白文字不添加，焦点保持不动。文字超过 200 个字符即截断。列表为空时有文字说明。' },
  { title: '无障碍', content: '每个控件都有标签；数量是实时播报区域；键盘顺序与页面顺序一致。' },
]

const englishCriteria = [
  {
    name: 'Completeness',
    good: 'Every point of the requirement has its place in the sections.',
    poor: 'Points of the requirement are named in no section.',
  },
  {
    name: 'Consistency',
    good: 'Names and states are the same in all sections.',
    poor: 'The sections “State” and “Behaviour” do not name the same things.',
  },
  {
    name: 'Clarity',
    good: 'Names, initial values and words are given.',
    poor: 'Whoever codes it has to decide names and initial values.',
  },
  {
    name: 'Feasibility',
    good: 'Nothing is asked for that a page alone can not do.',
    poor: 'It is not said how it works without storage.',
  },
  {
    name: 'Usability',
    good: 'Nothing, too much and the keyboard are thought of.',
    poor: 'Empty and failing states are missing.',
  },
]

const chineseCriteria = [
  { name: '完整', good: '需求的每一点在各节中都有着落。', poor: '需求中有几点没有写进任何一节。' },
  { name: '一致', good: '名称与状态在各节中一致。', poor: '“状态”与“行为”两节的名称对不上。' },
  { name: '明确', good: '名称、初始值和文案都已写明。', poor: '名称和初始值要由编码的人自己决定。' },
  { name: '可行', good: '没有要求页面本身做不到的事。', poor: '没有说明不用存储时怎样工作。' },
  { name: '可用', good: '空、过多和键盘操作都想到了。', poor: '缺少空状态和出错状态。' },
]
