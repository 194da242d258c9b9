import { spread } from './prose.ts'
import type { WritingLanguage } from './readRequest.ts'
import { readJsonList } from './readJsonList.ts'
import { makePicture } from './picture.ts'
import { clipToClauses, dropEndMark, joinSentences, measureLength, splitClauses, splitSentences } from './sentences.ts'
import { readRowWish, readWish } from './wish.ts'

export type Shot = { number: number; visual: string; narration: string; seconds: number }

/** Six to eight shots that tell a text in its own sentences. */
export function makeShots(text: string, language: WritingLanguage): Shot[] {
  const sentences = splitSentences(text)
  const units = sentences.length >= fewestShots ? sentences : sentences.flatMap(splitClauses)
  const count = Math.min(8, Math.max(fewestShots, Math.round(units.length / 3)))
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * units.length) / count)
    const group = units.slice(from, Math.floor(((index + 1) * units.length) / count))
    return makeShot(index, group, language)
  })
}

/** The shots of a storyboard someone made, null where there are none. */
export function readShots(text: string): Shot[] | null {
  return readJsonList(text, 'shots', (row, index) => {
    if (typeof row.visual !== 'string') return null
    return {
      number: Number(row.number) || index + 1,
      visual: row.visual,
      narration: typeof row.narration === 'string' ? row.narration : '',
      seconds: Number(row.seconds) > 0 ? Number(row.seconds) : 5,
    }
  })
}

/** The shots changed as wished. */
export function reviseShots(shots: readonly Shot[], wished: string, language: WritingLanguage): Shot[] {
  const { number, words } = readRowWish(wished)
  const wish = readWish(words)
  if (number === null && wish.type === 'shorter') {
    return spread(shots, Math.max(2, Math.ceil(shots.length * 0.6))).map((shot, index) => ({
      ...shot,
      number: index + 1,
    }))
  }
  return shots.map((shot) => {
    if (number !== null && shot.number !== number) return shot
    if (wish.type === 'longer') return { ...shot, seconds: Math.min(12, shot.seconds + 2) }
    if (wish.type === 'shorter') return { ...shot, seconds: Math.max(2, shot.seconds - 2) }
    return { ...shot, visual: addTo(shot.visual, words, language) }
  })
}

/** A picture with one more thing said about it. */
export function addTo(visual: string, words: string, language: WritingLanguage): string {
  return language === 'zh' ? `${dropEndMark(visual)}，${words}。` : `${dropEndMark(visual)}; ${words}.`
}

const fewestShots = 6
const narrationLimit: Record<WritingLanguage, number> = { zh: 40, en: 26 }
const spokenPerSecond: Record<WritingLanguage, number> = { zh: 4.5, en: 2.7 }

function makeShot(index: number, group: readonly string[], language: WritingLanguage): Shot {
  const narration = narrate(group, language)
  const spokenSeconds = Math.ceil(measureLength(narration, language) / spokenPerSecond[language])
  return {
    number: index + 1,
    visual: makePicture(index, group.join(language === 'zh' ? '' : ' '), language),
    narration,
    seconds: Math.min(10, Math.max(4, spokenSeconds)),
  }
}

function narrate(group: readonly string[], language: WritingLanguage): string {
  const limit = narrationLimit[language]
  const said: string[] = []
  for (const sentence of group) {
    const next = said.length === 0 ? clipToClauses(sentence, limit, language) : sentence
    if (measureLength(joinSentences([...said, next], language), language) > limit && said.length > 0) break
    said.push(next)
  }
  return joinSentences(said, language).replaceAll('"', language === 'zh' ? '”' : '’')
}
