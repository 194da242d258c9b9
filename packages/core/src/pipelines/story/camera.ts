import { z } from 'zod'
import { checkRows } from '../checkAnswer.ts'
import type { StageDefinition } from '../../engine/definition.ts'
import { detectLanguage } from '../language.ts'
import { readRowTable } from '../rowTable.ts'
import { singleCall, type Prompt } from '../singleCall.ts'
import { chineseMoves, chineseSpeeds, moves, readMove, readSpeed, speeds } from './moveWords.ts'
import { filledText, shotNumberField } from './rowFields.ts'

/** How the camera moves in one shot, and the prompt for the tool that makes the picture. */
export const cameraMoveSchema = z.object({
  number: shotNumberField,
  move: z.preprocess(readMove, z.enum(moves, { error: `must be one of ${moves.join(', ')}` })),
  speed: z.preprocess(readSpeed, z.enum(speeds, { error: `must be one of ${speeds.join(', ')}` })),
  prompt: filledText,
})

export type CameraMove = z.infer<typeof cameraMoveSchema>

/** The list camera moves are in: `readRows(text, movesKey, cameraMoveSchema)` reads it while it grows. */
export const movesKey = 'moves'

const chineseCraft = `你是一位电影摄影指导，为分镜表中的每个镜头设计运镜，并写出可以直接交给视频生成工具的提示词。

怎么设计
- 素材是分镜表（JSON）。其中每个镜头恰好对应一行，number 与分镜表一致，顺序不变，不增不减。素材若不是分镜表，就先按情节分成 6 到 12 个镜头，再逐一设计。
- move 只能取以下六个值之一：push 推（靠近主体，强调）、pull 拉（远离主体，揭示环境）、pan 摇（机位不动，转动视线）、truck 移（机位横向移动）、follow 跟（跟随运动的主体）、static 静（固定不动）。
- speed 只能取 slow 慢、medium 中、fast 快，与情绪和镜头时长相称：抒情与悬念宜慢，追逐与惊变宜快。
- 相邻镜头的运动要能剪接：不连用三次以上相同的运动，动静相间；每次运动都有叙事上的理由。
- prompt：一到两句完整的提示词，写明景别与主体、镜头从哪里运动到哪里、光线与氛围。单独拿出来也能看懂，不用“同上”。`

const englishCraft = `You are a director of photography. For each shot of a storyboard you design the camera movement and write a prompt that can be handed to a video generator as it stands.

How to design it
- The material is a storyboard in JSON. Each of its shots gets exactly one row, with the same number and in the same order; none is added, none left out. If the material is no storyboard, divide it into 6 to 12 shots first.
- move is one of six words: push (closer to the subject, for emphasis), pull (away from it, to reveal the place), pan (the camera stands and turns), truck (the camera travels sideways), follow (it goes with a moving subject), static (it does not move).
- speed is slow, medium or fast, as mood and length of the shot ask: slow for feeling and suspense, fast for pursuit and shock.
- Neighbouring shots must cut together: never the same move more than twice running, movement and rest in turn, and a reason in the story for each.
- prompt: one or two complete sentences with the framing and subject, where the camera moves from and to, light and mood. Each must be understood on its own, never "as before".`

const shape =
  '{"moves":[{"number":1,"move":"push","speed":"slow","prompt":"…"},{"number":2,"move":"static","speed":"medium","prompt":"…"}]}'

const chineseForm = `输出格式
- 只输出一个 JSON 对象，形状必须与此完全一致：
${shape}
- 键名、move 与 speed 的值用英文，照抄不改；prompt 的值用上面规定的语言；number 是数字，不加引号。
- 从 { 开始，到 } 结束，前后没有任何文字，也不用代码块。字符串里不换行，引号用“”，不用半角双引号。`

const englishForm = `Form of the answer
- Exactly one JSON object of exactly this shape:
${shape}
- The keys and the values of "move" and "speed" stay in English as they are; the values of "prompt" are in the language named above; "number" is a bare number.
- Begin with { and end with }: no words before or after, no code fence. No line breaks inside strings; quotation marks inside them are curly (“ ”).`

export const cameraPrompt: Prompt = {
  format: 'json',
  craft: { zh: chineseCraft, en: englishCraft },
  form: { zh: chineseForm, en: englishForm },
  request: { zh: '请为下面的分镜表设计运镜。', en: 'Design the camera work for this storyboard.' },
}

/** A camera move for each shot of the storyboard, in JSON. */
export const camera: StageDefinition = {
  key: 'camera',
  format: 'json',
  run: singleCall(cameraPrompt),
  check: (text) =>
    checkRows(text, { key: movesKey, rowName: 'Move', schema: cameraMoveSchema, summarize: summarizeMoves }),
  readTable: (text) =>
    readRowTable(text, {
      key: movesKey,
      schema: cameraMoveSchema,
      columns: { zh: ['镜号', '运镜', '速度', '提示词'], en: ['Shot', 'Move', 'Speed', 'Prompt'] },
      cells: ({ number, move, speed, prompt }, language) => [
        String(number),
        language === 'zh' ? chineseMoves[move] : move,
        language === 'zh' ? chineseSpeeds[speed] : speed,
        prompt,
      ],
    }),
}

function summarizeMoves(rows: readonly CameraMove[], text: string): string {
  if (detectLanguage(text) === 'zh') return `${rows.length} 个镜头的运镜`
  return `${rows.length} ${rows.length === 1 ? 'move' : 'moves'}`
}
