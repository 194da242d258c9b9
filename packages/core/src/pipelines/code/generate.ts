import type { ProjectInput, StageContext, StageDefinition, StageOutput } from '../../engine/definition.ts'
import { badAnswer } from '../checkAnswer.ts'
import { chooseWritingLanguage, detectLanguage } from '../language.ts'
import { fence } from '../material.ts'
import { composeMessages, type Prompt } from '../singleCall.ts'
import { readCodeInput, requirementOf } from './codeInput.ts'
import { readFiles } from './files.ts'
import { inlinePage } from './inlinePage.ts'
import { isSkipped } from './validate.ts'

const shape = `=== file: index.html ===
<!doctype html>
…
=== end ===

=== file: style.css ===
…
=== end ===`

const chineseCraft = `你是一位熟练的前端工程师，按照规格写出一个完整的小型网页应用。

怎么写
- 规格里的每个文件都写全，从第一行到最后一行，不写省略号和“其余同上”。入口是 index.html，用相对路径引用同一应用里的样式和脚本。
- 只用 HTML、CSS 和普通脚本（不用模块和 import），不用第三方库，不联网，不用 localStorage、cookie 和弹窗。数据放在内存变量里。
- 语义化的标签，表单控件都有标签，键盘可操作，窄屏不横向滚动，对比度足够。
- 界面文字用上面规定的语言。代码里的名称用英文，注释只写原因。
- 另写一个 README.md，几句话说明应用是什么、怎么打开。`

const englishCraft = `You are a skilled front-end engineer. You write a complete small web app from its specification.

How to write it
- Every file of the specification, whole, from its first line to its last: no ellipsis, no "the rest as before". The entry is index.html, which refers to the app's own styles and scripts by relative paths.
- Only HTML, CSS and plain scripts (no modules, no import), no third-party library, no network, no localStorage, cookies or dialogs. Data lives in variables.
- Semantic elements, a label for every control, everything usable by keyboard, no sideways scrolling on a narrow screen, enough contrast.
- The words of the interface are in the language named above. Names in the code are English; comments only say why.
- Also a README.md: in a few sentences what the app is and how to open it.`

const chineseForm = `输出格式
- 一个文件接一个文件，每个文件前后各有一行标记，形状必须与此一致：
${shape}
- 路径是相对路径，用 /，不含 .. 和空格。文件内容不放进代码块，其中不出现这样的标记行。
- 文件之外没有任何文字。`

const englishForm = `Form of the answer
- One file after another, each between two lines of marks, exactly like this:
${shape}
- Paths are relative, with /, without .. and spaces. The content of a file is in no code fence, and no such mark stands inside it.
- No words outside of the files.`

export const generatePrompt: Prompt = {
  format: 'text',
  craft: { zh: chineseCraft, en: englishCraft },
  form: { zh: chineseForm, en: englishForm },
  request: {
    zh: '请按照 <spec> 中的规格写出应用；下面是对规格的评审，其中指出的不足请在代码中补上。',
    en: 'Write the app that <spec> specifies. This is the review of the specification: make good in the code what it found missing.',
  },
}

/** The app itself: many files in one text. */
export const generate: StageDefinition = {
  key: 'generate',
  format: 'files',
  reads: ['execute'],
  run: writeFiles,
  check: checkFiles,
  readParts: (text) => readFiles(text).map(({ path, start, end }) => ({ key: path, title: path, start, end })),
  readFiles: (text) =>
    readFiles(text).flatMap(({ path, content, problem }) => (problem === null ? [{ path, content }] : [])),
  readPage: (text) => inlinePage(readFiles(text)),
}

async function* writeFiles(context: StageContext): AsyncGenerator<StageOutput, void> {
  const { prompt: language } = chooseWritingLanguage(context.projectInput.language, requirementOf(context.projectInput))
  const words = language === 'zh' ? chinese : english
  const spec = context.earlier.execute ?? ''
  const beside = [
    `${words.requirement}\n${fence('requirement', requirementOf(context.projectInput))}`,
    `${words.spec}\n${fence('spec', spec)}`,
  ]
  const { part } = context
  if (part !== null) beside.push(`${words.only(part.key)}\n${fence('files', part.before + part.after)}`)
  const messages = composeMessages(generatePrompt, {
    projectInput: { ...context.projectInput, language: context.projectInput.language ?? languageTagOf(context) },
    input: isSkipped(context.input) ? words.noReview : context.input,
    instructions: context.instructions,
    presentText: part === null || context.presentText === null ? context.presentText : part.text,
    keptText: part === null ? context.keptText : '',
    beside,
  })
  for await (const text of context.call({ messages, format: 'text' })) yield { type: 'text', text }
  // What follows a part, or is added later, must begin on a line of its own.
  yield { type: 'text', text: '\n' }
}

/** The review is in the language of the requirement; JSON alone would not tell. */
function languageTagOf({ projectInput }: StageContext): string | undefined {
  return detectLanguage(requirementOf(projectInput)) ?? undefined
}

const english = {
  requirement: 'The requirement the app has to meet:',
  spec: 'The specification of the app:',
  only: (path: string) =>
    `Write only the file ${JSON.stringify(path)}, whole, between its marks. These are the others, which stay as they are:`,
  noReview: '(The specification was not reviewed.)',
}
const chinese: typeof english = {
  requirement: '应用要满足的需求：',
  spec: '应用的规格：',
  only: (path) => `只写 ${JSON.stringify(path)} 这一个文件，写全，前后加上标记。其他文件如下，保持不变：`,
  noReview: '（规格未经评审。）',
}

function checkFiles(text: string, input: ProjectInput): ReturnType<StageDefinition['check']> {
  const files = readFiles(text)
  if (files.length === 0) return badAnswer('The answer holds no file: no line reads "=== file: … ===".', {})
  const bad = files.find(({ problem }) => problem !== null)
  if (bad !== undefined)
    return badAnswer(`The file ${bad.path} can not be unpacked: ${bad.problem}.`, { file: bad.path })
  const cut = files.find(({ isWhole }) => !isWhole)
  if (cut !== undefined)
    return badAnswer(`The file ${cut.path} is not whole: its last line is missing.`, { file: cut.path })
  if (readCodeInput(input).preview && !files.some(({ path }) => path === 'index.html'))
    return badAnswer('There is no index.html to be looked at.', { file: 'index.html' })
  const bytes = files.reduce((sum, { content }) => sum + new TextEncoder().encode(content).length, 0)
  const size = bytes < 1_024 ? `${bytes} B` : `${(bytes / 1_024).toFixed(1)} KB`
  const isChinese = detectLanguage(requirementOf(input)) === 'zh'
  if (isChinese) return { ok: true, summary: `${files.length} 个文件 · ${size}` }
  return { ok: true, summary: `${files.length === 1 ? '1 file' : `${files.length} files`} · ${size}` }
}
