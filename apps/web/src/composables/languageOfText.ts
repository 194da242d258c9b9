const sampleLength = 600

/**
 * The language to mark a text with, told by its script, so that Chinese characters get Chinese glyphs and spacing even
 * when the studio speaks English. Undefined where the page's own language will do.
 */
export function languageOfText(text: string): 'zh' | 'ja' | 'ko' | 'en' | undefined {
  const sample = text.slice(0, sampleLength)
  const han = countOf(sample, /\p{Script=Han}/gu)
  const kana = countOf(sample, /[\p{Script=Hiragana}\p{Script=Katakana}]/gu)
  const hangul = countOf(sample, /\p{Script=Hangul}/gu)
  const latin = countOf(sample, /\p{Script=Latin}+/gu)
  if (hangul > han && hangul > latin) return 'ko'
  if (han + kana > latin) return kana * 4 > han ? 'ja' : 'zh'
  // Not surely English, but surely to be set and spoken as Latin script rather than as Chinese.
  return latin > 0 ? 'en' : undefined
}

function countOf(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}
