import type { StageContext } from '../../engine/definition.ts'
import type { Segment } from '../../ports/files.ts'
import type { Message } from '../../ports/provider.ts'
import { chooseWritingLanguage } from '../language.ts'
import { fence } from '../material.ts'
import { composeMessages, type Prompt } from '../singleCall.ts'
import type { DocumentInput, Term } from './documentInput.ts'
import type { Pair } from './segments.ts'

const chineseCraft = `你是一位专业译者，翻译一份文档的若干段落。文档会用你的译文原样重新排版。

怎么译
- 逐段翻译，一段对应一段，不合并、不拆分、不遗漏、不增添。
- 译得准确自然，像用目标语言写成的一样；语气、人称和文体与原文一致，术语前后统一。
- 术语表（<glossary>）中的词一律按表翻译。
- 形如 <1>…</1> 的标签标出文字的格式，<2/> 代表图片、脚注等：每个标签原样保留一次，放到译文中相应的词上。
- Markdown 的标记、网址、电子邮件、代码、数字、占位符（如 {name}、%s）原样保留。
- 本来就是目标语言的段落，照抄。`

const englishCraft = `You are a professional translator. You translate segments of a document, which will be set again from your translations as it was.

How to translate
- Segment by segment, one for one: join none, split none, leave none out, add nothing.
- Accurate and natural, as if written in the target language; the tone, person and style of the original; the same term for the same thing throughout.
- Terms in the glossary (<glossary>) are always translated as it says.
- Tags such as <1>…</1> mark the look of words, <2/> stands for a picture, a footnote and the like: keep each exactly once, on the words they belong to.
- Markdown marks, addresses, e-mail, code, figures and placeholders (such as {name}, %s) stay as they are.
- A segment that is in the target language already is copied.`

const shape = '{"translations":[{"number":1,"text":"…"},{"number":2,"text":"…"}]}'

const chineseForm = `输出格式
- 只输出一个 JSON 对象，形状必须与此完全一致：
${shape}
- number 照抄原段落的编号，顺序不变；每段先写 number，后写 text。
- 从 { 开始，到 } 结束，前后没有任何文字，也不用代码块。`

const englishForm = `Form of the answer
- Exactly one JSON object of exactly this shape:
${shape}
- "number" is that of the segment, in the order given; in each, "number" comes first, then "text".
- Begin with { and end with }: no words before or after, no code fence.`

export const translationPrompt: Prompt = {
  format: 'json',
  craft: { zh: chineseCraft, en: englishCraft },
  form: { zh: chineseForm, en: englishForm },
  request: {
    zh: '请翻译以下段落，每行一段。',
    en: 'Translate these segments, one to a line.',
  },
}

export type Batch = {
  document: DocumentInput
  segments: readonly Segment[]
  /** The pairs right before it, for its terms and tone. */
  recent: readonly Pair[]
  /** Its present translations, when they are to be changed. */
  present: readonly { number: number; text: string }[] | null
}

/** The messages that ask for a batch. */
export function composeBatch(
  { instructions }: Pick<StageContext, 'instructions'>,
  { document, segments, recent, present }: Batch,
): Message[] {
  const projectInput = { language: document.to }
  const { prompt: language } = chooseWritingLanguage(document.to, '')
  const words = language === 'zh' ? chinese : english
  const glossary = termsIn(document.glossary, segments)
  const lines = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n')
  return composeMessages(translationPrompt, {
    projectInput,
    input: lines(segments.map(({ number, text }) => ({ number, text }))),
    instructions,
    presentText: present === null ? null : lines(present),
    keptText: '',
    beside: [
      ...(document.from === null ? [] : [`${words.from} ${document.from}`]),
      ...(glossary === '' ? [] : [`${words.glossary}\n${fence('glossary', glossary)}`]),
      ...(recent.length === 0
        ? []
        : [`${words.before}\n${fence('before', lines(recent.map(({ source, target }) => ({ source, target }))))}`]),
    ],
  })
}

/** Only the terms that occur: a glossary may be longer than all the rest. */
function termsIn(glossary: readonly Term[], segments: readonly Segment[]): string {
  const text = segments
    .map((segment) => segment.text)
    .join('\n')
    .toLowerCase()
  return glossary
    .filter(({ term }) => text.includes(term.toLowerCase()))
    .map(({ term, translation }) => `${term} = ${translation}`)
    .join('\n')
}

const english = {
  from: 'The language of the original, as a BCP 47 tag:',
  glossary: 'The glossary:',
  before: 'What stands right before them, already translated:',
}
const chinese: typeof english = {
  from: '原文的语言（BCP 47 标签）：',
  glossary: '术语表：',
  before: '紧接在它们之前、已经译好的段落：',
}
