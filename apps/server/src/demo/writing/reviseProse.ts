import { chineseAsides, chineseCast, chineseScenes } from './chinesePlots.ts'
import { englishAsides, englishCast, englishScenes } from './englishPlots.ts'
import type { WritingLanguage } from './readRequest.ts'
import { dropEndMark, joinSentences, splitSentences } from './sentences.ts'
import { readWish, type Wish } from './wish.ts'

/** A new version of a piece, changed as wished. What this writer can't do it still works in, so that a wish is never lost. */
export function reviseProse(text: string, wished: string, language: WritingLanguage): string {
  const wish = readWish(wished)
  const blocks = text.trim().split(/\n\s*\n/u)
  const title = /^#+ /u.test(blocks[0] ?? '') ? blocks.slice(0, 1) : []
  const body = revise(blocks.slice(title.length), wish, language)
  return `${[...title, ...body].join('\n\n')}\n`
}

function revise(paragraphs: readonly string[], wish: Wish, language: WritingLanguage): string[] {
  if (wish.type === 'shorter')
    return paragraphs.flatMap((each, index) => shorten(each, index, paragraphs.length, language))
  if (wish.type === 'longer') return insertBeforeEnd(paragraphs, language === 'zh' ? chineseAsides : englishAsides)
  if (wish.type === 'rename') {
    const renamed = paragraphs.map((each) => replaceNames(each, wish.name))
    if (renamed.some((each, index) => each !== paragraphs[index])) return renamed
  }
  return insertBeforeEnd(paragraphs, [interlude(wish, language)])
}

function shorten(paragraph: string, index: number, count: number, language: WritingLanguage): string[] {
  // Neither a table nor a heading has a first half.
  if (/^(?:\||#)/u.test(paragraph)) return [paragraph]
  const sentences = splitSentences(paragraph)
  const isEnd = index === count - 1 && count > 1
  // An ending is made of its last words, everything else of its first.
  if (isEnd) return [joinSentences(sentences.slice(-2), language)]
  return [joinSentences(sentences.slice(0, Math.ceil(sentences.length / 2)), language)]
}

function insertBeforeEnd(paragraphs: readonly string[], more: readonly string[]): string[] {
  const fresh = more.filter((each) => !paragraphs.includes(each))
  const added = fresh.length > 0 ? fresh : more.slice(0, 1)
  if (paragraphs.length < 2) return [...paragraphs, ...added]
  return [...paragraphs.slice(0, -1), ...added, paragraphs.at(-1)!]
}

function replaceNames(text: string, name: string): string {
  return [...chineseCast.names, ...englishCast.names].reduce((so, old) => so.replaceAll(old, name), text)
}

function interlude(wish: Wish, language: WritingLanguage): string {
  const scenes = language === 'zh' ? chineseScenes : englishScenes
  if (wish.type === 'night' || wish.type === 'funny') return scenes[wish.type]
  const wished = dropEndMark(wish.text).replace(/\s*\n+\s*/gu, language === 'zh' ? '，' : ' ')
  if (language === 'zh') {
    return `后来，有人提过这样一个要求：“${wished}。”这句话被郑重地记在了页边，又一点一点化进了字里行间。于是同一条路上，光线换了方向，脚步换了节奏，连最熟悉的那张面孔，也显出了先前没有人留意过的神情。`
  }
  return `Later, somebody made a request: “${capitalise(wished)}.” It was written down with great care in the margin, and little by little it found its way into the lines themselves. The road was the same, but the light fell on it from another side, the steps kept another time, and the most familiar face of all wore a look that nobody had noticed before.`
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
