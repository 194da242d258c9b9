import { chineseCast, chineseFrames, chinesePlots } from './chinesePlots.ts'
import { englishCast, englishFrames, englishPlots } from './englishPlots.ts'
import type { WritingLanguage } from './readRequest.ts'
import { choose, seedOf } from './seed.ts'
import { clipToClauses, dropEndMark, joinSentences, measureLength, splitSentences } from './sentences.ts'
import { readSubject } from './subject.ts'

/** A finished piece in Markdown, made from a topic or an original text; always the same for the same material. */
export function writeProse(material: string, language: WritingLanguage): string {
  const sentences = splitSentences(material)
  if (isOriginalText(sentences, language)) return retell(material, sentences, language)
  const seed = seedOf(material)
  const subject = readSubject(material, language)
  const cast = language === 'zh' ? chineseCast : englishCast
  const plot = choose(language === 'zh' ? chinesePlots : englishPlots, seed, 'plot')
  const paragraphs = plot({
    subject,
    name: choose(cast.names, seed, 'name'),
    place: choose(cast.places, seed, 'place'),
    object: choose(cast.objects, seed, 'object'),
    season: choose(cast.seasons, seed, 'season'),
  })
  return joinParagraphs(subject.title, paragraphs)
}

/** Three sentences tell something already; fewer are a topic, however they are put. */
function isOriginalText(sentences: readonly string[], language: WritingLanguage): boolean {
  const length = measureLength(joinSentences(sentences, language), language)
  return sentences.length >= 3 && length >= (language === 'zh' ? 60 : 40)
}

const sentencesRetold = 10
const sentenceLimit: Record<WritingLanguage, number> = { zh: 60, en: 32 }

function retell(material: string, sentences: readonly string[], language: WritingLanguage): string {
  const frames = language === 'zh' ? chineseFrames : englishFrames
  const told = spread(sentences, sentencesRetold).map((each) => clipToClauses(each, sentenceLimit[language], language))
  const paragraphs = frames.map((frame, index) => {
    const from = Math.round((index * told.length) / frames.length)
    const to = Math.round(((index + 1) * told.length) / frames.length)
    return joinSentences([...told.slice(from, to), frame], language)
  })
  return joinParagraphs(titleOfText(material, sentences, language), paragraphs)
}

/** At most `count` of a list, the first and the last among them, evenly apart. */
export function spread<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list]
  return Array.from({ length: count }, (_, n) => list[Math.round((n * (list.length - 1)) / (count - 1))]!)
}

function titleOfText(material: string, sentences: readonly string[], language: WritingLanguage): string {
  const firstLine = material
    .trim()
    .split('\n')[0]!
    .replace(/^#+\s*/u, '')
    .trim()
  const isHeading = measureLength(firstLine, language) <= 20 && !/[。！？.!?]$/u.test(firstLine)
  return isHeading ? firstLine : readSubject(dropEndMark(sentences[0]!), language).title
}

function joinParagraphs(title: string, paragraphs: readonly string[]): string {
  return `# ${title}\n\n${paragraphs.join('\n\n')}\n`
}
