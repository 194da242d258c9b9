import type { WritingLanguage } from './readRequest.ts'
import { dropEndMark } from './sentences.ts'

/** A topic in the forms a sentence needs it in. */
export type Subject = {
  /** As given, without the asking around it ("write a story about …"). */
  topic: string
  /** As the object of "heard of": a name, or a sentence made into one. */
  mention: string
  /** A short way to come back to it: "the robot cat". */
  head: string
  title: string
}

/** Finds what a topic is about. Grammar by rule of thumb: what fits no rule is quoted, which is always right. */
export function readSubject(material: string, language: WritingLanguage): Subject {
  const line = dropEndMark(material.replace(/^\s*#+\s*/u, '').replace(/\s*\n+\s*/gu, language === 'zh' ? '，' : ', '))
  return language === 'zh' ? readChineseSubject(line) : readEnglishSubject(line)
}

const chineseAsking =
  /^(?:请|麻烦)?(?:你)?(?:帮我|为我|给我|替我)?(?:写|讲|创作|生成|编|来)(?:一个|一篇|一段|一则|个|篇|段)?(?:关于|有关|讲述)?|^(?:关于|有关)/u

function readChineseSubject(line: string): Subject {
  const bare = line
    .replace(chineseAsking, '')
    .replace(/^[^，。：:]{1,6}[：:](?=.)/u, '')
    .replace(/的(?:小?故事|文章|小说|童话|文案|短文|散文)$/u, '')
  const topic = unquote(bare) || line || '一个还没有名字的故事'
  const short = topic.split(/[，。！？；：,!?;:]/u).find((part) => part !== '') ?? topic
  const isQuestion = /^(?:为什么|为何|如何|怎样|怎么|什么|谁|哪)|[吗呢]$/u.test(short)
  // A clause is no name for a thing, unless it begins like one: “一只……的猫，……”.
  const isName = short.length <= 18 && !/[“”、]/u.test(short) && (short === topic || measured.test(short))
  return {
    topic: topic.length > 40 ? short : topic,
    mention: nameChinese(short, { isQuestion, isName }),
    head: isQuestion ? '这个问题' : isName ? chineseHead(short) : '这件事',
    title: short.length > 20 ? `${short.slice(0, 18)}……` : short,
  }
}

function nameChinese(short: string, is: { isQuestion: boolean; isName: boolean }): string {
  if (is.isQuestion) return `“${short}”这个问题`
  if (!is.isName) return `“${short}”这件事`
  return /\p{sc=Han}/u.test(short) ? short : `“${short}”`
}

const measured = /^一([只个位条座家匹头艘辆棵朵本封把张间台部支名群对双颗盏扇款])(.+)$/u

function chineseHead(topic: string): string {
  const parts = measured.exec(topic)
  const rest = parts?.[2] ?? topic
  const tail = rest.includes('的') ? rest.slice(rest.lastIndexOf('的') + 1) : rest
  const noun = tail.length >= 2 && tail.length <= 8 ? tail : rest.length <= 8 ? rest : null
  if (noun === null) return '这件事'
  return parts === null ? noun : `那${parts[1]}${noun}`
}

const englishAsking =
  /^(?:please\s+)?(?:can you\s+|could you\s+)?(?:(?:write|tell|create|compose|make|generate|give)\s+(?:me\s+|us\s+)?)?(?:(?:an?|the)\s+)?(?:\w+\s+)?(?:story|tale|article|piece|essay|text|copy|narrative)\s+(?:about|on|of)\s+|^(?:please\s+)?write\s+about\s+|^about\s+/iu
const smallFirstWord = /^(?:An?|The|How|Why|What|When|Where|My|Our|One|Two|Three|Some)\b/u
const questionWord = /^(?:how|why|what|when|where|who|which)\b/iu
const verb =
  /\b(?:is|are|was|were|has|had|wants?|learns?|finds?|meets?|discovers?|saves?|loses?|becomes?|goes|gets|falls|tries|decides?|builds?|opens?|comes?|went|found|became|learned|met|lost)\b/iu

function readEnglishSubject(line: string): Subject {
  const bare = unquote(line.replace(englishAsking, '')) || line || 'a story without a name'
  const topic = bare.replace(smallFirstWord, (word) => word.toLowerCase())
  const words = topic.split(/\s+/u)
  const short = words.length > 24 ? `${words.slice(0, 20).join(' ')} …` : topic
  const relative = topic.search(/\b(?:who|that|which|whose|where)\b/iu)
  const isClause =
    verb.test(relative > 0 ? topic.slice(0, relative) : topic) || words.length > 14 || /[;:!?]|\.\s/u.test(topic)
  if (questionWord.test(topic))
    return { topic: short, mention: `the question of ${short}`, head: 'that question', title: titleOf(bare) }
  if (isClause)
    return {
      topic: short,
      mention: `the story they told, “${capitalise(short)}”`,
      head: 'that story',
      title: titleOf(bare),
    }
  return { topic: short, mention: short, head: englishHead(topic), title: titleOf(bare) }
}

function englishHead(topic: string): string {
  const article = /^(?:an?|the|one|my|our|his|her|their)\s+/iu.exec(topic)?.[0] ?? ''
  const rest = topic.slice(article.length)
  const noun =
    rest.split(
      /,|\s+(?:who|that|which|whose|where|with|without|in|on|at|from|of|for|to|by|near|under|between|and)\s+|\s+\w+ing\b/iu,
    )[0] ?? rest
  if (noun.trim() === '' || noun.split(/\s+/u).length > 5) return 'that story'
  return article === '' ? noun : `the ${noun}`
}

function titleOf(topic: string): string {
  const words = topic.split(/\s+/u)
  return capitalise(words.length > 12 ? `${words.slice(0, 10).join(' ')} …` : topic)
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function unquote(text: string): string {
  return text.trim().replace(/^[“"「『《‘'](.+)[”"」』》’']$/u, '$1')
}
