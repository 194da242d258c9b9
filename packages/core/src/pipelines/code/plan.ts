import type { Prompt } from '../singleCall.ts'
import { formOfSections, sectionStage } from './sections.ts'

export const planKey = 'plan'

const chineseCraft = `你是一位产品负责人，把一段需求写成一个小型网页应用的计划。后面的人会照计划写规格和代码，所以计划要明确、可执行。

怎么写
- 依次写这几节：目标；使用者与场景；功能；界面；数据；不做什么。需求特别简单或特别复杂时可以增减，但不超过 10 节。
- 功能逐条写，每条说明用户做什么、看到什么；界面说明有哪些区域和元素；数据说明记录哪些字段。
- 应用只由浏览器中的 HTML、CSS 和 JavaScript 构成，没有服务器，不联网，不用第三方库；需求超出这一点的部分，写进“不做什么”。
- 需求里没有说的，按最常见、最省事的做法决定，并写明是你的决定。`

const englishCraft = `You are a product owner. You turn a requirement into the plan of a small web app. Others will write the specification and the code from it, so it must be definite.

How to write it
- Sections in this order: goal; users and situations; features; screens; data; out of scope. Fewer or more for a very simple or complex requirement, never more than 10.
- List the features one by one: what the user does and what they then see. Screens: the areas and elements. Data: the fields that are kept.
- The app is HTML, CSS and JavaScript in a browser and nothing else: no server, no network, no third-party library. What the requirement asks beyond that goes under "out of scope".
- What the requirement leaves open you decide, in the most usual and simplest way, and say that it is your decision.`

export const planPrompt: Prompt = {
  format: 'json',
  craft: { zh: chineseCraft, en: englishCraft },
  form: formOfSections(planKey),
  request: { zh: '请为下面的需求写计划。', en: 'Write the plan for this requirement.' },
}

/** The requirement as a plan, in sections. */
export const plan = sectionStage({
  key: 'plan',
  listKey: planKey,
  prompt: planPrompt,
})
