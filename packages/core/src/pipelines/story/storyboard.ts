import { z } from 'zod'
import { checkRows } from '../checkAnswer.ts'
import type { StageDefinition } from '../../engine/definition.ts'
import { detectLanguage } from '../language.ts'
import { readRows } from '../jsonRows.ts'
import { readRowTable } from '../rowTable.ts'
import { singleCall, type Prompt } from '../singleCall.ts'
import { filledText, secondsField, shotNumberField } from './rowFields.ts'

/** One shot: what is seen, what is said over it (empty in a silent shot), how long it stands. */
export const shotSchema = z.object({
  number: shotNumberField,
  visual: filledText,
  narration: z.string({ error: 'must be a text' }),
  seconds: secondsField,
})

export type Shot = z.infer<typeof shotSchema>

/** The list a storyboard is in: `readRows(text, shotsKey, shotSchema)` reads it while it grows. */
export const shotsKey = 'shots'

const chineseCraft = `你是一位经验丰富的分镜师，把一篇文案拆成可以直接拍摄或生成画面的分镜表。

怎么拆
- 通读全文，按情节的自然段落拆分，一般 6 到 12 个镜头；文案很长时可以更多，但不超过 30 个。
- 镜头按故事顺序排列，number 从 1 开始连续编号。
- visual：这个镜头里看得见的东西：景别（远景、全景、中景、近景、特写）、主体与动作、环境、光线与色调。写得具体，让没读过文案的人也能画出来。同一人物、同一地点在各镜头中的外貌和陈设保持一致，并在每个镜头中写全，不用“同上”“他”代替。不写镜头的运动，那是下一步的工作。
- narration：这个镜头的旁白。取自文案，可以压缩，但连起来要能完整地讲出故事。无旁白的镜头写空字符串。
- seconds：镜头时长，3 到 10 之间的数字；旁白按每秒约 4 个字估算，时长要够念完。`

const englishCraft = `You are an experienced storyboard artist. You break a text into shots that can be filmed or generated as they stand.

How to break it up
- Read it all, then divide it at the natural turns of the story: usually 6 to 12 shots; more for a long text, never more than 30.
- Shots are in story order; "number" counts up from 1 without gaps.
- visual: what can be seen in this shot: the framing (wide, full, medium, close, extreme close-up), the subject and what it does, the place, light and colour. Be so concrete that someone who has not read the text could draw it. The same person or place looks the same in every shot and is described in full each time, never as "the same" or "he". No camera movement: that is the next step's work.
- narration: the words spoken over this shot, taken from the text. They may be tightened, but read one after another they tell the whole story. An empty string in a silent shot.
- seconds: how long the shot stands, a number from 3 to 10. Count about 2.5 spoken words a second, and leave time for all of the narration.`

const shape =
  '{"shots":[{"number":1,"visual":"…","narration":"…","seconds":5},{"number":2,"visual":"…","narration":"…","seconds":4}]}'

const chineseForm = `输出格式
- 只输出一个 JSON 对象，形状必须与此完全一致：
${shape}
- 键名用英文，照抄不改；visual 与 narration 的值用上面规定的语言；number 与 seconds 是数字，不加引号和单位。
- 从 { 开始，到 } 结束，前后没有任何文字，也不用代码块。字符串里不换行，引号用“”，不用半角双引号。`

const englishForm = `Form of the answer
- Exactly one JSON object of exactly this shape:
${shape}
- The keys stay in English as they are; the values of "visual" and "narration" are in the language named above; "number" and "seconds" are bare numbers without quotes or units.
- Begin with { and end with }: no words before or after, no code fence. No line breaks inside strings; quotation marks inside them are curly (“ ”).`

export const storyboardPrompt: Prompt = {
  format: 'json',
  craft: { zh: chineseCraft, en: englishCraft },
  form: { zh: chineseForm, en: englishForm },
  request: { zh: '请为下面的文案写出分镜表。', en: 'Write the storyboard of this text.' },
}

/** The rewrite as a list of shots, in JSON. */
export const storyboard: StageDefinition = {
  key: 'storyboard',
  format: 'json',
  run: singleCall(storyboardPrompt),
  check: (text) => checkRows(text, { key: shotsKey, rowName: 'Shot', schema: shotSchema, summarize: summarizeShots }),
  readTable: (text) =>
    readRowTable(text, {
      key: shotsKey,
      schema: shotSchema,
      columns: { zh: ['镜号', '画面', '旁白', '秒数'], en: ['Shot', 'Visual', 'Narration', 'Seconds'] },
      cells: ({ number, visual, narration, seconds }) => [String(number), visual, narration, String(seconds)],
    }),
  readCues: (text) =>
    readRows(text, shotsKey, shotSchema).rows.flatMap((read) =>
      read.ok ? [{ seconds: read.row.seconds, text: read.row.narration }] : [],
    ),
}

function summarizeShots(shots: readonly Shot[], text: string): string {
  const seconds = Math.round(shots.reduce((sum, shot) => sum + shot.seconds, 0))
  if (detectLanguage(text) === 'zh') return `${shots.length} 个镜头 · ${seconds} 秒`
  return `${shots.length} ${shots.length === 1 ? 'shot' : 'shots'} · ${seconds} s`
}
