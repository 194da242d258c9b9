import type { WritingLanguage } from './readRequest.ts'
import { dropEndMark, measureLength, splitClauses, splitSentences } from './sentences.ts'

const framings: Record<WritingLanguage, readonly string[]> = {
  zh: ['远景', '中景', '近景', '全景', '特写', '中景', '近景', '远景'],
  en: [
    'Wide shot',
    'Medium shot',
    'Close shot',
    'Full shot',
    'Extreme close-up',
    'Medium shot',
    'Close shot',
    'Wide shot',
  ],
}

/** What is seen in a shot: a framing, the most concrete thing said in it, and light to match. */
export function makePicture(index: number, said: string, language: WritingLanguage): string {
  const framing = framings[language][index % framings[language].length]!
  const view = chooseView(said, language) ?? stillView(index, language)
  const light = lightOf(index, view.source, language)
  return language === 'zh' ? `${framing}：${view.words}，${light}。` : `${framing}: ${view.words}, ${light}.`
}

/** For a part of the text in which nothing can be seen. */
const stillViews: Record<WritingLanguage, readonly string[]> = {
  zh: ['窗外空无一人的街道', '桌上一本翻开的本子', '远处起伏的屋顶'],
  en: ['an empty street beyond a window', 'an open notebook on a table', 'rooftops in the distance'],
}

function stillView(index: number, language: WritingLanguage): View {
  return { words: stillViews[language][index % stillViews[language].length]!, source: '' }
}

/** Words for what can be seen or done; a clause with more of them makes the better picture. */
const concrete: Record<WritingLanguage, RegExp> = {
  zh: /[灯雨路河门窗桌椅茶船纸页信山海树花雪火墙街巷伞本子鞋露狗猫鹅人手脸眼]|石板|渡口|稻田|松林|老人|孩子|坐|站|蹲|走|跑|推开|翻开|捡|敲|放在|递|望/gu,
  en: /\b(?:lamp|rain|road|river|door|window|table|chair|tea|kettle|boat|ferry|paper|pages?|letter|hills?|sea|trees?|pines|fields?|snow|fire|walls?|street|lane|gate|umbrella|notebook|pencil|shoes|dog|cat|goose|mud|hands?|faces?|stool|stall|houses?|market|girl|man|woman|baker|children|opened|sat|stood|knelt|walked|pushed|pulled|knocked|laid|carried|gathered|points?|run)\b/giu,
}

/** Words for what goes on in a head or in the telling: there is nothing to show. */
const abstract: Record<WritingLanguage, RegExp> = {
  zh: /记得|想着|想了|多想|明白|懂|要紧|事情|这件事|回头再看|说起来|轮到|原来|要讲|讲到|到了这一步|来历|惦记|知道/u,
  en: /\b(?:remember|thought|knew|understood|meant|counted|moment|matter(?:s|ed)?|nothing|story|question|secret|looking back|from here on|it takes|it took|there are things|turned that over|begins?)\b/iu,
}

/** `source` is the sentence the words are from: the light is read from it. */
type View = { words: string; source: string }

const longestView: Record<WritingLanguage, number> = { zh: 30, en: 18 }

function chooseView(said: string, language: WritingLanguage): View | null {
  // What is spoken can't be seen.
  const sentences = splitSentences(said).filter((sentence) => !/[“”「」"]/u.test(sentence))
  const views = sentences.flatMap((source): View[] => [
    { words: dropEndMark(source), source },
    ...splitClauses(source).map((words) => ({ words, source })),
  ])
  const fitting = views.filter(({ words }) => measureLength(words, language) <= longestView[language])
  const best = fitting.toSorted((a, b) => scoreView(b, language) - scoreView(a, language))[0]
  if (best === undefined || scoreView(best, language) < 0) return null
  return { ...best, words: best.words.replace(/^(?:and|but|so|then|or)\s+/iu, '') }
}

function scoreView({ words, source }: View, language: WritingLanguage): number {
  const seen = new Set(words.match(concrete[language])).size
  const isWhole = words === dropEndMark(source)
  const isTooShort = measureLength(words, language) < (language === 'zh' ? 5 : 4)
  const isAbstract = abstract[language].test(words)
  const isFragment = !isWhole && /^(?:was|were|is|are|came|had|with|all|which|who|因|而|就|也|却|又)/iu.test(words)
  return seen + (isWhole ? 1.5 : 0) - (isTooShort ? 2 : 0) - (isFragment ? 2 : 0) - (isAbstract ? 2 : 0)
}

type Light = readonly [cue: RegExp, words: string]

const lights: Record<WritingLanguage, readonly Light[]> = {
  zh: [
    [/雪/u, '细雪在灯光里缓缓落下，冷色调'],
    [/夜里|夜晚|夜色|深夜|油灯|停电|亮起一盏灯/u, '一盏暖黄的灯衬着深蓝的夜色'],
    [/雨/u, '雨后的石板泛着亮光，空气湿润'],
    [/雾|清晨|清早|天亮|晨/u, '薄雾里透出淡金色的晨光'],
    [/傍晚|夕|黄昏/u, '斜阳把轮廓镀成金色，影子拉得很长'],
    [/风|树|林|田/u, '风吹过草木，天光柔和'],
  ],
  en: [
    [/\bsnow/iu, 'fine snow drifting through lamplight, cold tones'],
    [/\b(?:night|lamp|lantern|dark|power failed)/iu, 'one warm lamp against deep blue night'],
    [/\brain|\bwet\b/iu, 'wet stone shining after rain'],
    [/\b(?:fog|dawn|morning|early)/iu, 'pale gold morning light through thin mist'],
    [/\b(?:evening|dusk|sunset)/iu, 'low sun, golden edges and long shadows'],
    [/\b(?:wind|trees?|fields?|pines?)/iu, 'grass moving in the wind under soft daylight'],
  ],
}

const plainLights: Record<WritingLanguage, readonly string[]> = {
  zh: ['光线柔和，色调温暖', '侧光勾出细节，背景虚化', '安静的自然光，景深悠远'],
  en: [
    'soft light and warm tones',
    'side light picking out the details, background blurred',
    'quiet natural light, great depth',
  ],
}

function lightOf(index: number, said: string, language: WritingLanguage): string {
  const cued = lights[language].find(([cue]) => cue.test(said))
  return cued?.[1] ?? plainLights[language][index % plainLights[language].length]!
}
