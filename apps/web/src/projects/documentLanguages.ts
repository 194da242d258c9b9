/** Languages a document can be asked for by name; any other by its BCP 47 tag. */
export const documentLanguages = [
  'en',
  'zh-CN',
  'zh-TW',
  'ja',
  'ko',
  'fr',
  'de',
  'es',
  'pt-BR',
  'it',
  'nl',
  'pl',
  'ru',
  'uk',
  'tr',
  'ar',
  'he',
  'fa',
  'hi',
  'bn',
  'th',
  'vi',
  'id',
  'ms',
  'sv',
  'cs',
  'el',
  'hu',
  'ro',
] as const

/** A language's name in the language of the studio; its tag where there is none. */
export function nameLanguage(tag: string, locale: string): string {
  try {
    return new Intl.DisplayNames([locale], { type: 'language' }).of(tag) ?? tag
  } catch {
    return tag
  }
}

export function isLanguageTag(text: string): boolean {
  return /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(text)
}

type Term = { term: string; translation: string }

/** A glossary as people write it, a line each: "term = translation". `wrongLine` is the first that is none, from 1. */
export function readGlossary(text: string): { terms: Term[]; wrongLine: number | null } {
  const terms: Term[] = []
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const [term = '', translation = '', ...rest] = line.split(/\s*(?:=|＝|\t|→|->)\s*/).map((part) => part.trim())
    if (term === '' || translation === '' || rest.length > 0) return { terms, wrongLine: at + 1 }
    terms.push({ term, translation })
  }
  return { terms, wrongLine: null }
}
