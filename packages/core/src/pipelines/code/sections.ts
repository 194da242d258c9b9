/** The plan and the specification of an app: numbered sections in JSON, which the user may edit and lock one by one. */
import { z } from 'zod'
import type { StageContext, StageDefinition, StageOutput } from '../../engine/definition.ts'
import { checkRows } from '../checkAnswer.ts'
import { createRowReader, readRows } from '../jsonRows.ts'
import { detectLanguage } from '../language.ts'
import { readRowTable } from '../rowTable.ts'
import { composeMessages, type Prompt } from '../singleCall.ts'
import { filledText, shotNumberField } from '../story/rowFields.ts'

export const sectionSchema = z.object({
  number: shotNumberField,
  title: filledText,
  content: filledText,
  /** Kept as it is by every further run. */
  locked: z.boolean().optional(),
})

export type AppSection = z.infer<typeof sectionSchema>

/** The form of an answer that is a list of sections. */
export function formOfSections(listKey: string): Prompt['form'] {
  const shape = `{"${listKey}":[{"number":1,"title":"…","content":"…"},{"number":2,"title":"…","content":"…"}]}`
  return {
    zh: `输出格式
- 只输出一个 JSON 对象，形状必须与此完全一致：
${shape}
- 键名用英文，照抄不改；number 从 1 连续编号；title 与 content 的值用上面规定的语言。
- 从 { 开始，到 } 结束，前后没有任何文字，也不用代码块。content 里换行写成 \\n，引号用“”。`,
    en: `Form of the answer
- Exactly one JSON object of exactly this shape:
${shape}
- The keys stay in English as they are; "number" counts up from 1; "title" and "content" are in the language named above.
- Begin with { and end with }: no words before or after, no code fence. Line breaks in "content" are \\n; quotation marks are curly (“ ”).`,
  }
}

type SectionStage = Pick<StageDefinition, 'key' | 'reads'> & {
  /** The list its sections are in. */
  listKey: string
  prompt: Prompt
}

export function sectionStage({ listKey, prompt, ...rest }: SectionStage): StageDefinition {
  return {
    ...rest,
    format: 'json',
    run: (context) => writeSections(context, { listKey, prompt }),
    check: (text) =>
      checkRows(text, { key: listKey, rowName: 'Section', schema: sectionSchema, summarize: summarizeSections }),
    readTable: (text) =>
      readRowTable(text, {
        key: listKey,
        schema: sectionSchema,
        columns: { zh: ['序号', '标题', '内容'], en: ['No.', 'Title', 'Content'] },
        cells: ({ number, title, content }) => [String(number), title, content],
      }),
  }
}

function summarizeSections(sections: readonly AppSection[], text: string): string {
  if (detectLanguage(text) === 'zh') return `${sections.length} 节`
  return sections.length === 1 ? '1 section' : `${sections.length} sections`
}

/** Without locked sections the answer is passed on as it comes; with them, section by section. */
async function* writeSections(
  context: StageContext,
  { listKey, prompt }: { listKey: string; prompt: Prompt },
): AsyncGenerator<StageOutput, void> {
  const locked = context.presentText === null ? [] : lockedIn(context.presentText, listKey)
  const pieces = context.call({ messages: composeMessages(prompt, context), format: 'json' })
  // What is continued was begun without them, or has them already.
  const isPlain = locked.length === 0 || context.keptText !== ''
  for await (const text of isPlain ? pieces : keepLocked(pieces, { listKey, locked })) yield { type: 'text', text }
}

/** The sections of a text that the user has locked, as they stand there. */
export function lockedIn(text: string, listKey: string): { number: number; raw: string }[] {
  return readRows(text, listKey, sectionSchema).rows.flatMap((read) =>
    read.ok && read.row.locked === true ? [{ number: read.row.number, raw: JSON.stringify(read.row) }] : [],
  )
}

type Locked = { listKey: string; locked: readonly { number: number; raw: string }[] }

/** The answer with its own sections, and the locked ones as they were, in the place of those of the same number. */
async function* keepLocked(pieces: AsyncIterable<string>, { listKey, locked }: Locked): AsyncGenerator<string> {
  const reader = createRowReader(listKey, sectionSchema)
  const left = [...locked].toSorted((a, b) => a.number - b.number)
  let answer = ''
  let seen = 0
  let count = 0
  const row = (raw: string): string => `${count++ === 0 ? `{"${listKey}":[\n` : ',\n'}  ${raw}`
  for await (const piece of pieces) {
    answer += piece
    const { rows } = reader.read(answer)
    for (const read of rows.slice(seen)) {
      const number = read.ok ? read.row.number : null
      while (number !== null && left[0] !== undefined && left[0].number < number) yield row(left.shift()!.raw)
      if (number !== null && left[0]?.number === number) yield row(left.shift()!.raw)
      else if (number === null || !locked.some((each) => each.number === number))
        yield row(answer.slice(read.start, read.end))
    }
    seen = rows.length
  }
  // An answer that holds no list is passed on: its check says what is wrong with it.
  if (seen === 0) {
    yield answer
    return
  }
  for (const { raw } of left) yield row(raw)
  yield '\n]}\n'
}
