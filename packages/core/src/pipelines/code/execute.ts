import type { Prompt } from '../singleCall.ts'
import { formOfSections, sectionStage } from './sections.ts'

export const specKey = 'spec'

const chineseCraft = `你是一位前端架构师，把计划写成一份可以直接编码的规格。

怎么写
- 依次写这几节：文件（每个文件的路径与职责，必须有 index.html）；页面结构（主要元素及其 id 或 class）；样式（布局、颜色、窄屏时的变化）；状态（变量及其含义）；行为（每个事件引起什么变化）；边界情况（空、过长、重复、出错时怎么办）；无障碍（标签、键盘、对比度）。
- 写到编码的人不必再做决定：名称、初始值、文案都写明。
- 应用运行在没有网络、没有存储权限的沙箱页面里：不用 localStorage、cookie、fetch、import 和任何外部资源；脚本是普通脚本，不是模块。`

const englishCraft = `You are a front-end architect. You turn a plan into a specification that can be coded as it stands.

How to write it
- Sections in this order: files (the path and purpose of each; index.html is always one); structure (the main elements with their ids or classes); styles (layout, colours, what changes on a narrow screen); state (the variables and their meaning); behaviour (what each event changes); edge cases (nothing, too long, twice, failures); accessibility (labels, keyboard, contrast).
- Leave no decision to whoever codes it: give names, initial values and the words that are shown.
- The app runs in a sandboxed page without network and storage: no localStorage, cookies, fetch, import or outside resources. Scripts are plain scripts, not modules.`

export const specPrompt: Prompt = {
  format: 'json',
  craft: { zh: chineseCraft, en: englishCraft },
  form: formOfSections(specKey),
  request: { zh: '请为下面的计划写规格。', en: 'Write the specification for this plan.' },
}

/** The plan as the specification of the app, in sections. */
export const execute = sectionStage({
  key: 'execute',
  listKey: specKey,
  prompt: specPrompt,
})
