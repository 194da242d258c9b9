/** How a prompt is written and what it says about the language of the answer. */
export type WritingLanguage = {
  /** The language the prompt itself is in: models keep to a language best when they are addressed in it. */
  prompt: 'zh' | 'en'
  /** One sentence that names the language of the answer. */
  instruction: string
}

const han = /\p{Script=Han}/gu
const kana = /[\p{Script=Hiragana}\p{Script=Katakana}]/gu
const latinWord = /\p{Script=Latin}+/gu

/**
 * Tells Chinese, Japanese and Korean by their script; null for everything else (English and French share theirs), where
 * the model is told to keep the language of the material.
 */
export function detectLanguage(text: string): 'zh' | 'ja' | 'ko' | null {
  // The first pages say enough; a text may have 50,000 characters.
  const sample = text.slice(0, 4_000)
  const kanaCount = countOf(sample, kana)
  const hanCount = countOf(sample, han)
  const latinWords = countOf(sample, latinWord)
  if (countOf(sample, /\p{Script=Hangul}/gu) > Math.max(latinWords, hanCount)) return 'ko'
  if (kanaCount + hanCount < Math.max(latinWords, 1)) return null
  // Japanese prose has more kana than Han; a Chinese text may quote a Japanese word.
  return kanaCount * 4 > hanCount ? 'ja' : 'zh'
}

/** The language a stage writes in: the project's wish, otherwise that of the text it works on. */
export function chooseWritingLanguage(wished: unknown, text: string): WritingLanguage {
  const tag = typeof wished === 'string' && wished !== '' ? wished : detectLanguage(text)
  if (tag === null) {
    return {
      prompt: 'en',
      instruction: 'Write in the same language as the material, whatever language these rules are in.',
    }
  }
  if (isChinese(tag)) return { prompt: 'zh', instruction: chineseInstruction(tag, typeof wished === 'string') }
  const name = languageName(tag)
  return {
    prompt: 'en',
    instruction: `Write in ${name}; if the material is in another language, translate as you write.`,
  }
}

function isChinese(tag: string): boolean {
  return /^(zh|cmn|yue)\b/i.test(tag)
}

function chineseInstruction(tag: string, isWish: boolean): string {
  if (/hant|tw|hk|mo/i.test(tag)) return '全文使用繁体中文。素材若是其他语言，请边译边写。'
  if (isWish) return '全文使用简体中文。素材若是其他语言，请边译边写。'
  return '全文使用中文，简体或繁体与素材一致。'
}

function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag
  } catch {
    // A tag that only looks like one: the model may still know what is meant.
    return `the language "${tag}"`
  }
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
