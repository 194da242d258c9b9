import type { WritingLanguage } from './readRequest.ts'

/** The sentences of a text, headings and marks of Markdown left out. What someone says stays in one piece. */
export function splitSentences(text: string): string[] {
  const plain = text
    .replace(/^\s*#+ .*$/gmu, '')
    .replace(/^\s*(?:[-*+>]|\d+\.)\s+/gmu, '')
    .replace(/[*_`]{1,3}/gu, '')
  return plain
    .split(/\n+/u)
    .flatMap(splitLine)
    .map((part) => part.trim())
    .filter((part) => /[\p{L}\p{N}]/u.test(part))
}

function splitLine(line: string): string[] {
  const sentences: string[] = []
  let from = 0
  let depth = 0
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!
    if ('“「『（'.includes(char)) depth += 1
    else if ('”」』）'.includes(char)) depth = Math.max(0, depth - 1)
    if (depth > 0 || !endsSentence(line, at)) continue
    sentences.push(line.slice(from, at + 1))
    from = at + 1
  }
  return [...sentences, line.slice(from)]
}

/** Whether a sentence ends with the character at `at`: an end mark, or a closing quote after one, and nothing that goes on. */
function endsSentence(line: string, at: number): boolean {
  const isEndMark = /[。！？!?…]/u.test(line[at]!) || (line[at] === '.' && /\s/u.test(line[at + 1] ?? ' '))
  const closesOne = /[”」』）]/u.test(line[at]!) && /[。！？!?….]/u.test(line[at - 1] ?? '')
  if (!isEndMark && !closesOne) return false
  // More marks follow, or who speaks: “…?” she asked. “……”老人说。
  return !/^(?:[。！？!?…”」』）]|\s*\p{Ll}|[^。！？]{1,8}[说问道喊答][。！？])/u.test(line.slice(at + 1, at + 12))
}

/** The clauses of a sentence, without the marks between them. */
export function splitClauses(text: string): string[] {
  return text
    .split(/[，。！？；：、…—,;:!?“”"（）()]|\.(?=\s|$)/u)
    .map((clause) => clause.trim())
    .filter((clause) => /[\p{L}\p{N}]/u.test(clause))
}

/** How long a text is to a reader: characters in Chinese, words in English. */
export function measureLength(text: string, language: WritingLanguage): number {
  if (language === 'zh') return Array.from(text.replace(/\s+/gu, '')).length
  return text.split(/\s+/u).filter((word) => word !== '').length
}

/** Keeps as many whole clauses as fit, at least one; what is cut off is not missed in the punctuation. */
export function clipToClauses(text: string, limit: number, language: WritingLanguage): string {
  if (measureLength(text, language) <= limit) return text
  const clauses = text.split(/(?<=[，；,;])/u)
  let kept = ''
  for (const clause of clauses) {
    if (kept !== '' && measureLength(kept + clause, language) > limit) break
    kept += clause
  }
  return `${clipHard(kept, limit * 2, language).replace(/[，；,;\s]+$/u, '')}${language === 'zh' ? '。' : '.'}`
}

function clipHard(text: string, limit: number, language: WritingLanguage): string {
  if (language === 'zh') return Array.from(text).slice(0, limit).join('')
  return text.split(/\s+/u).slice(0, limit).join(' ')
}

/** Joins sentences as the language does. */
export function joinSentences(sentences: readonly string[], language: WritingLanguage): string {
  return sentences.join(language === 'zh' ? '' : ' ')
}

/** A text without the mark at its end. */
export function dropEndMark(text: string): string {
  return text.trim().replace(/[。．.！？!?，,；;：:\s]+$/u, '')
}
