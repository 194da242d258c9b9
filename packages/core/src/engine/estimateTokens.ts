/**
 * About how many tokens a model's tokenizer would make of a text; never exact, and said to be an estimate wherever it is shown.
 *
 * Source of the figures: OpenAI's guide gives "about four characters of English" to a token. For Chinese, Japanese and
 * Korean the providers' own figures run from 0.6 (DeepSeek, Qwen) to a little over 1 token a character (cl100k); one is
 * taken, since an estimate that bounds a cost should rather be too high.
 */
export function estimateTokens(text: string): number {
  let wide = 0
  let narrow = 0
  for (let at = 0; at < text.length; at++) {
    if (isWide(text.charCodeAt(at))) wide += 1
    else narrow += 1
  }
  return wide + Math.ceil(narrow / 4)
}

/**
 * Hangul Jamo, CJK with its punctuation and kana, Hangul syllables, compatibility and full-width forms, and both halves
 * of a surrogate pair (emoji, rare characters: about two tokens).
 */
function isWide(code: number): boolean {
  if (code < 0x1100) return false
  return (
    code <= 0x11ff ||
    (code >= 0x2e80 && code <= 0x9fff) ||
    (code >= 0xac00 && code <= 0xdfff) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xff00 && code <= 0xffef)
  )
}
