import type { WritingLanguage } from './readRequest.ts'
import { choose, seedOf } from './seed.ts'
import { clipToClauses, dropEndMark, splitSentences } from './sentences.ts'
import { readSubject } from './subject.ts'
import { readWish } from './wish.ts'

/** The outline of a report on a brief: its facts stand as points where they belong. */
export function writeOutline(brief: string, language: WritingLanguage): string {
  const { title, head } = readMatter(brief, language)
  const facts = splitSentences(brief).map((each) =>
    dropEndMark(clipToClauses(each, language === 'zh' ? 60 : 30, language)),
  )
  const sections = (language === 'zh' ? chineseSections : englishSections)(head)
  const points = sections.map(({ points: own }, at) => [
    ...own,
    ...facts.slice(1).filter((_, index) => index % sections.length === at),
  ])
  const blocks = sections.map(
    (section, at) => `## ${section.title}\n${points[at]!.map((point) => `- ${point}`).join('\n')}`,
  )
  return `# ${title}\n\n${blocks.join('\n\n')}\n`
}

/** A new version of an outline: fewer points where it is to be shorter, otherwise the wish as a point of the last section. */
export function reviseOutline(text: string, wished: string): string {
  const blocks = text.trim().split(/\n\s*\n/u)
  if (readWish(wished).type === 'shorter') return `${blocks.map(keepFirstPoint).join('\n\n')}\n`
  return `${blocks.join('\n\n')}\n- ${dropEndMark(wished).replace(/\s+/gu, ' ')}\n`
}

function keepFirstPoint(block: string): string {
  const lines = block.split('\n')
  const firstPoint = lines.findIndex((line) => /^\s*[-*]/u.test(line))
  return firstPoint === -1 ? block : lines.slice(0, firstPoint + 1).join('\n')
}

/** The body of one section: an opening, a paragraph a point, a table where options are compared, an end. */
export function writeSection(section: string, brief: string, language: WritingLanguage): string {
  const [first = '', ...lines] = section.split('\n')
  const title = first.replace(/^#+\s*/u, '').trim()
  const points = lines.map((line) => dropEndMark(line.replace(/^\s*[-*]\s*/u, ''))).filter((point) => point !== '')
  const { head } = readMatter(brief, language)
  const words = language === 'zh' ? chinese : english
  const seed = seedOf(title)
  const told = (points.length > 0 ? points : [title]).slice(0, 6)
  const offset = seed % words.points.length
  const paragraphs = told.map((point, at) => words.points[(offset + at) % words.points.length]!(point, head))
  const table = /options?|方案/iu.test(title) ? [words.table] : []
  return `${[choose(words.openings, seed, 'opening')(title, head), ...paragraphs, ...table, choose(words.ends, seed, 'end')(head)].join('\n\n')}\n`
}

/** What a report is about; a brief tells no story. */
function readMatter(brief: string, language: WritingLanguage): { title: string; head: string } {
  const { title, head } = readSubject(brief.trim().split('\n')[0] ?? '', language)
  return { title, head: head === 'that story' ? 'this matter' : head }
}

type Outlined = { title: string; points: string[] }

const englishSections = (head: string): Outlined[] => [
  {
    title: 'Background and question',
    points: [`Why ${head} is on the table now`, 'Which decision this report has to make possible'],
  },
  { title: 'Where things stand', points: [`What is known about ${head} today`, 'What is only believed, and by whom'] },
  {
    title: 'What drives the result',
    points: [
      'The few causes that explain most of the difference',
      'What can be changed, and what has to be lived with',
    ],
  },
  {
    title: 'Options and what they cost',
    points: ['Do nothing, do the least, do it properly', 'Money, time and attention for each'],
  },
  {
    title: 'Recommendations and next steps',
    points: [`What to do about ${head} first`, 'How to notice early that it does not work'],
  },
]

const chineseSections = (head: string): Outlined[] => [
  { title: '背景与问题', points: [`为什么现在要谈${head}`, '这份报告要帮助做出什么决定'] },
  { title: '现状', points: [`关于${head}，已经确知的有哪些`, '哪些只是推测，推测来自何处'] },
  { title: '关键因素', points: ['少数几个原因解释了大部分差别', '哪些可以改变，哪些只能接受'] },
  { title: '方案与代价', points: ['不做、少做与认真做', '每种方案所需的资金、时间与精力'] },
  { title: '建议与下一步', points: [`围绕${head}，先做什么`, '怎样尽早发现走错了路'] },
]

type Words = {
  openings: ((title: string, head: string) => string)[]
  points: ((point: string, head: string) => string)[]
  table: string
  ends: ((head: string) => string)[]
}

const english: Words = {
  openings: [
    (title, head) =>
      `The short answer comes first. As far as “${title}” is concerned, ${head} is less a matter of will than of order: what is done in the first month decides what remains possible in the sixth. The paragraphs below give the reasons, and say where the evidence ends.`,
    (title, head) =>
      `Most accounts of ${head} begin with the exceptions. This one begins with the ordinary case, because that is where the money and the hours go. “${title}” therefore means, here, what happens on a day when nothing goes wrong.`,
    (title, head) =>
      `Three things can be said about ${head} with confidence, and a fourth only with care. They are taken in that order. Where “${title}” rests on a single observation, the text says so, so that nobody mistakes a guess for a finding.`,
  ],
  points: [
    (point) =>
      `**${capitalise(point)}.** What has been seen so far points the same way each time it is looked at. The effect is not large in any one place, but it does not go away, and it adds up over a year. A comparison with a place where nothing was changed would settle the matter; until there is one, the finding is likely rather than certain.`,
    (point, head) =>
      `**${capitalise(point)}.** Those who deal with ${head} every day describe it in much the same words, without having talked to one another. They name the hand-over between two steps, not the steps themselves, as the moment at which time is lost. That is good news: a hand-over can be rearranged in a week, a step often cannot.`,
    (point) =>
      `**${capitalise(point)}.** Here the figures are thin, and it would be wrong to dress them up. Two sources agree, one does not, and the one that does not is the oldest. What would be needed is a count over eight weeks, kept by the same people in the same way. It costs an hour a week and replaces an argument with a number.`,
    (point, head) =>
      `**${capitalise(point)}.** The usual objection is that ${head} has always been handled like this. It is true, and it explains why the weak spots are so well known: everybody has built a way around them. Removing a weak spot is only half of the work; the ways around it have to be removed as well, or they become the next one.`,
  ],
  table:
    '| Option | First result | Cost | Risk |\n|---|---|---|---|\n| Do nothing | none | grows quietly | that it is noticed too late |\n| Do the least | 4 weeks | low | that it stays at that |\n| Do it properly | 12 weeks | moderate | that it starts too broadly |',
  ends: [
    (head) =>
      `What follows from this for ${head} is modest and practical: begin with the part that can be measured, leave the rest alone until it has been, and write down beforehand what would change the plan.`,
    (head) =>
      `None of this has to be decided at once. It is enough to agree on what will be looked at in a month, by whom, and what has to be true then for ${head} to go on as planned.`,
  ],
}

const chinese: Words = {
  openings: [
    (title, head) =>
      `先说结论。就“${title}”而言，${head}与其说取决于决心，不如说取决于先后：头一个月做什么，决定了半年后还剩下哪些选择。下面逐条说明理由，并写明证据到哪里为止。`,
    (title, head) =>
      `谈到${head}，多数材料从特例说起。这里从最平常的情形说起，因为钱和时间都花在那里。所谓“${title}”，在本报告中指的就是一切正常的日子里实际发生的事。`,
    (title, head) =>
      `关于${head}，有三点可以肯定，第四点只能谨慎地说。以下按这个顺序展开。凡是“${title}”中只依据单一观察的地方，文中都会注明，以免把猜测当成结论。`,
  ],
  points: [
    (point) =>
      `**${point}。**目前看到的情况每次都指向同一个方向。单看任何一处，影响都不大，但它不会自己消失，一年累积下来就很可观。若能与一个没有做出改变的地方相比较，问题便可定论；在此之前，这个判断只是很可能成立，而非确定无疑。`,
    (point, head) =>
      `**${point}。**每天同${head}打交道的人，彼此没有商量过，说法却十分相近。他们指出，时间往往不是耗在某个步骤里，而是耗在两个步骤交接的那一刻。这是好消息：交接的方式一周之内就能调整，步骤本身却常常动不得。`,
    (point) =>
      `**${point}。**这方面的数字很少，不应加以粉饰。两个来源一致，一个不一致，而不一致的那个恰好最旧。真正需要的，是由同一批人用同一种方法连续记录八周。每周只花一个小时，却能用一个数字代替一场争论。`,
    (point, head) =>
      `**${point}。**常见的反对意见是：${head}一直都是这样处理的。这话不假，也正因如此，薄弱之处才人人皆知，人人都有绕开的办法。补上薄弱之处只是一半的工作，那些绕开的办法也要一并去掉，否则它们就会成为下一处薄弱。`,
  ],
  table:
    '| 方案 | 何时见效 | 代价 | 风险 |\n|---|---|---|---|\n| 不做 | 无 | 悄悄增长 | 发现时已晚 |\n| 少做 | 4 周 | 低 | 止步于此 |\n| 认真做 | 12 周 | 中等 | 一开始铺得太开 |',
  ends: [
    (head) =>
      `由此对${head}得出的做法朴素而实际：从能够衡量的部分开始，其余的在衡量之前先不动，并事先写明出现什么情况就要改变计划。`,
    (head) =>
      `这些不必一次全部决定。只要约定一个月后由谁来看、看什么，以及到那时必须成立哪些条件，${head}才按计划继续，就足够了。`,
  ],
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
