import type { DemoTarget } from './readRequest.ts'
import { dropEndMark } from './sentences.ts'
import { toChinese, toEnglish } from './translationWords.ts'
import { readWish } from './wish.ts'

type Row = { number: number; text: string }

export type TranslationOrder = {
  target: DemoTarget
  /** A JSON row to a line, as the request has them. */
  material: string
  /** "term = translation", a line each. */
  glossary: string
  /** Present translations, as rows; null on a first run. */
  present: string | null
  wishes: readonly string[]
}

/** What stands in a text and is in no language: tags, addresses, placeholders, code. */
const untouched = /(<\/?[\p{L}\d][^<>]*>|https?:\/\/[^\s)>\]]+|`[^`]*`|\{\w+\}|%[sd]|\S+@\S+\.\w+)/u

/**
 * Rows translated word for word by a small dictionary; words it does not know stay as they are. Between languages it has
 * no words for, the text is marked with the language's name.
 */
export function translateRows({ target, material, glossary, present, wishes }: TranslationOrder): Row[] {
  const terms = readTerms(glossary)
  const texts = new Map((present === null ? [] : readRows(present)).map(({ number, text }) => [number, text]))
  return readRows(material).map(({ number, text }) => {
    const first = texts.get(number) || translateText(text, target, terms)
    return { number, text: wishes.reduce((so, wish) => revise(so, wish), first) }
  })
}

export function readRows(text: string): Row[] {
  return text.split('\n').flatMap((line) => {
    try {
      const row = JSON.parse(line) as Partial<Row>
      return typeof row.number === 'number' && typeof row.text === 'string' ? [row as Row] : []
    } catch {
      return []
    }
  })
}

function readTerms(glossary: string): ReadonlyMap<string, string> {
  const entries = glossary.split('\n').map((line) => line.split(' = '))
  return new Map(entries.flatMap(([term, translation]) => (term && translation ? [[term, translation]] : [])))
}

export function translateText(
  text: string,
  target: DemoTarget,
  terms: ReadonlyMap<string, string> = new Map(),
): string {
  const isSourceChinese = /\p{sc=Han}/u.test(text)
  if (target.language === 'other') return `[${target.name}] ${text}`
  if (target.language === (isSourceChinese ? 'zh' : 'en')) return text
  const known = [...terms.keys()].toSorted((a, b) => b.length - a.length).map(escapePattern)
  const kept = known.length === 0 ? untouched : new RegExp(`${untouched.source}|(${known.join('|')})`, 'iu')
  const lower = new Map([...terms].map(([term, translation]) => [term.toLowerCase(), translation]))
  const pieces = text.split(kept).filter((piece) => piece !== undefined)
  const words = pieces.map(
    (piece) =>
      lower.get(piece.toLowerCase()) ?? (untouched.test(piece) ? piece : translatePlain(piece, target.language)),
  )
  const joined = words.join(target.language === 'zh' ? '' : ' ')
  return target.language === 'zh' ? joined : tidyEnglish(joined)
}

function translatePlain(text: string, to: 'zh' | 'en'): string {
  return to === 'zh' ? englishToChinese(text) : chineseToEnglish(text)
}

const chineseMarks: Readonly<Record<string, string>> = {
  ',': '，',
  '.': '。',
  ';': '；',
  ':': '：',
  '?': '？',
  '!': '！',
}

function englishToChinese(text: string): string {
  return text
    .replaceAll(/[A-Za-z][A-Za-z'’-]*/gu, (word) => toChinese.get(word.toLowerCase()) ?? word)
    .replaceAll(/(?<=[\p{L}\p{N} ”"])\s*([,.;:?!])(?=\s|$)/gu, (_, mark: string) => chineseMarks[mark]!)
    .replaceAll(/(?<=\p{sc=Han}|[，。；：？！])[ ]+(?=\p{sc=Han}|[，。；：？！])/gu, '')
    .replaceAll(/[ ]{2,}/gu, ' ')
    .replaceAll(/[ ]+(?=[，。；：？！])/gu, '')
}

const englishMarks: Readonly<Record<string, string>> = {
  '，': ', ',
  '。': '. ',
  '；': '; ',
  '：': ': ',
  '？': '? ',
  '！': '! ',
  '、': ', ',
}

function chineseToEnglish(text: string): string {
  const segmenter = new Intl.Segmenter('zh', { granularity: 'word' })
  return Array.from(segmenter.segment(text), ({ segment }) => {
    const mark = englishMarks[segment]
    if (mark !== undefined) return mark
    if (!/\p{sc=Han}/u.test(segment)) return segment
    return ` ${toEnglish.get(segment) ?? translateParts(segment)} `
  }).join('')
}

/** A word that is not known, by the longest words in it that are. */
function translateParts(word: string): string {
  const parts: string[] = []
  for (let at = 0; at < word.length;) {
    let end = word.length
    while (end > at + 1 && !toEnglish.has(word.slice(at, end))) end -= 1
    const part = word.slice(at, end)
    parts.push(toEnglish.get(part) ?? part)
    at = end
  }
  return parts.join(' ')
}

function tidyEnglish(text: string): string {
  const spaced = text
    .replaceAll(/[ ]+([,.;:?!])/gu, '$1')
    .replaceAll(/[ ]{2,}/gu, ' ')
    .replaceAll(/(<\d+>) /gu, '$1')
    .replaceAll(/ (<\/\d+>)/gu, '$1')
    .trim()
  return spaced.replaceAll(/(^|[.?!] )(\p{Ll})/gu, (_, start: string, letter: string) => start + letter.toUpperCase())
}

function revise(text: string, wish: string): string {
  if (readWish(wish).type !== 'shorter') return `${text} (${dropEndMark(wish)})`
  const [first = text] = text.split(/(?<=[，。,.;；])/u)
  return first
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/gu, String.raw`\$&`)
}
