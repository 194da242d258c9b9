import { expect, it } from 'vitest'
import { isLanguageTag, nameLanguage, readGlossary } from './documentLanguages.ts'

it('S16 a glossary is read as people write it, and its wrong line is named', () => {
  const text = '灯塔 = lighthouse\n\n守塔人＝keeper\nsea → 海\na\tb\n'
  expect(readGlossary(text)).toEqual({
    terms: [
      { term: '灯塔', translation: 'lighthouse' },
      { term: '守塔人', translation: 'keeper' },
      { term: 'sea', translation: '海' },
      { term: 'a', translation: 'b' },
    ],
    wrongLine: null,
  })
  expect(readGlossary('a = b\n\nno equals sign').wrongLine).toBe(3)
  expect(readGlossary('= b').wrongLine).toBe(1)
})

it('S16 languages have names in the language of the studio', () => {
  expect(nameLanguage('de', 'zh')).toBe('德语')
  expect(nameLanguage('not a tag', 'en')).toBe('not a tag')
  expect([isLanguageTag('pt-BR'), isLanguageTag('zh-Hant-HK'), isLanguageTag('x'), isLanguageTag('en us')]).toEqual([
    true,
    true,
    false,
    false,
  ])
})
