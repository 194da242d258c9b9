import type { Language } from '../i18n.ts'

type StoryTexts = { title: string; topic: string; rewrite: string; storyboard: string; camera: string }

const proseEn = `# The Letter to the Sea

The lighthouse had been automatic for eleven years, but **Maren** still climbed it every evening. The lamp did not need her. She needed the lamp.

On the last day of October she found the envelope wedged under the door, swollen with damp. There was no stamp. In a careful hand it said:

> To the Sea. By hand, please.

She turned it over twice. Outside, the tide was going out, slow and grey, the way it does when it has all the time in the world.

## What a keeper keeps

Keepers have rules, even when nobody checks them any more:

1. The light is lit before dark.
2. The log is written the same night.
3. What is found is returned to its owner.

The third one had only ever been used for *hats*. But a rule is a rule, and the address was plain enough.

So she took the small boat, the one with the patched sail, and rowed past the breakwater until the land was a pencil line. She held the letter over the side. She did not read it. Then she opened her hand.

It did not sink. It lay on the water as on a desk, and the ink ran, word by word, until the paper was white again and the sea, for the length of one breath, was perfectly still.

When she came back there was a shell on the doorstep, and in it, folded very small, the answer.`

const proseZh = `# 寄给大海的信

灯塔自动运转已经十一年了，**阿满**仍旧每天傍晚爬上去。灯并不需要她，是她需要那盏灯。

十月的最后一天，她在门缝下发现一个被潮气泡胀的信封。没有邮票，只有一行工整的字：

> 大海亲启，烦请面交。

她翻来覆去看了两遍。窗外潮水正慢慢退去，灰蒙蒙的，像是有用不完的时间。

## 守塔人的规矩

守塔人有守塔人的规矩，哪怕早就没有人检查：

1. 天黑之前点灯。
2. 当夜写好日志。
3. 拾到的东西，要还给失主。

第三条从前只用在*帽子*上。可规矩就是规矩，何况地址写得清清楚楚。

于是她解开那条打着补丁的小船，划过防波堤，直到陆地细成一道铅笔线。她把信举到船舷外，没有拆开，然后松开了手。

信没有沉。它躺在水面上，像躺在一张书桌上。墨迹一个字一个字地散开，直到纸又变回雪白，而大海，在一次呼吸的工夫里，静得没有一丝波纹。

她回来的时候，门前的石阶上放着一枚贝壳，里面折得小小的，是回信。`

const shotsEn = [
  [
    'Wide shot: a white lighthouse on a black rock at dusk, its lamp just lit, the sea flat and grey under a low orange sky.',
    'The lighthouse had been automatic for eleven years.',
    5,
  ],
  [
    'Medium shot: Maren, about sixty, in a dark green oilskin, climbs a narrow iron stair; warm lamplight from above on her face.',
    'Maren still climbed it every evening. The lamp did not need her. She needed the lamp.',
    6,
  ],
  [
    'Close-up: a swollen cream envelope wedged under a blue wooden door, a puddle reflecting the grey sky.',
    'On the last day of October she found the envelope.',
    4,
  ],
  ['Extreme close-up: careful blue handwriting on damp paper: “To the Sea. By hand, please.”', '', 4],
  [
    'Full shot: a small boat with a patched ochre sail passes the end of a stone breakwater, the land a thin line behind it.',
    'She rowed past the breakwater until the land was a pencil line.',
    7,
  ],
  [
    'Close-up: an old hand opens over still dark water; the white letter lies on the surface, its ink drifting away.',
    'It did not sink. It lay on the water as on a desk.',
    6,
  ],
] as const

const shotsZh = [
  ['远景：黄昏，黑色礁石上一座白色灯塔，灯刚刚亮起，海面平而灰，低垂的橙色天光。', '灯塔自动运转已经十一年了。', 5],
  [
    '中景：六十岁上下的阿满穿着墨绿色油布雨衣，爬上狭窄的铁梯，暖黄灯光从上方照在她脸上。',
    '阿满仍旧每天傍晚爬上去。灯并不需要她，是她需要那盏灯。',
    6,
  ],
  ['近景：一只被潮气泡胀的米色信封卡在蓝色木门下，水洼里映着灰色的天。', '十月的最后一天，她在门缝下发现一个信封。', 4],
  ['特写：潮湿的纸上一行工整的蓝色字迹：“大海亲启，烦请面交。”', '', 4],
  [
    '全景：一条挂着赭色补丁帆的小船驶过石砌防波堤的尽头，陆地在身后细成一线。',
    '她划过防波堤，直到陆地细成一道铅笔线。',
    7,
  ],
  [
    '近景：一只苍老的手在平静的深色水面上松开，白色的信躺在水面，墨迹缓缓散去。',
    '信没有沉。它躺在水面上，像躺在一张书桌上。',
    6,
  ],
] as const

const movesEn = [
  [
    'pull',
    'slow',
    'Wide shot of a white lighthouse at dusk; the camera draws slowly back from the lit lamp until rock and sea fill the frame, low orange light.',
  ],
  [
    'follow',
    'medium',
    'Medium shot from below, following a woman in a dark green oilskin up a narrow iron stair, warm light growing as she climbs.',
  ],
  [
    'push',
    'slow',
    'From the foot of a blue wooden door the camera pushes in on a swollen cream envelope until its edge fills the frame.',
  ],
  [
    'static',
    'slow',
    'Extreme close-up of damp paper and blue handwriting; nothing moves but a drop that gathers and falls.',
  ],
  [
    'truck',
    'medium',
    'The camera travels sideways with a small boat under a patched ochre sail, breakwater stones passing close in front.',
  ],
  [
    'pan',
    'fast',
    'From an open hand the camera turns quickly down to the water, where a letter lies as on a desk, ink drifting away.',
  ],
] as const

const movesZh = [
  ['pull', 'slow', '远景，黄昏的白色灯塔；镜头从点亮的灯缓缓拉远，直到礁石与海面充满画面，低垂的橙色天光。'],
  ['follow', 'medium', '中景仰拍，镜头跟随穿墨绿油布雨衣的女人登上狭窄铁梯，暖光随她上行渐强。'],
  ['push', 'slow', '从蓝色木门脚下，镜头缓缓推近一只泡胀的米色信封，直到纸边充满画面。'],
  ['static', 'slow', '特写，潮湿的纸与蓝色字迹，画面静止，只有一滴水聚起又落下。'],
  ['truck', 'medium', '镜头与赭色补丁帆的小船一同横移，防波堤的石块在近处掠过。'],
  ['pan', 'fast', '镜头从松开的手迅速摇向水面，信静静躺在上面，墨迹散开。'],
] as const

function toShots(rows: readonly (readonly [string, string, number])[]): string {
  return JSON.stringify({
    shots: rows.map(([visual, narration, seconds], index) => ({ number: index + 1, visual, narration, seconds })),
  })
}

function toMoves(rows: readonly (readonly [string, string, string])[]): string {
  return JSON.stringify({
    moves: rows.map(([move, speed, prompt], index) => ({ number: index + 1, move, speed, prompt })),
  })
}

export const sampleTexts: Record<Language, StoryTexts> = {
  en: {
    title: 'The letter to the sea',
    topic: 'A lighthouse keeper finds a letter addressed to the sea, and decides to deliver it.',
    rewrite: proseEn,
    storyboard: toShots(shotsEn),
    camera: toMoves(movesEn),
  },
  zh: {
    title: '寄给大海的信',
    topic: '守塔人捡到一封寄给大海的信，决定亲自把它送到。',
    rewrite: proseZh,
    storyboard: toShots(shotsZh),
    camera: toMoves(movesZh),
  },
}
