import { expect, it } from 'vitest'
import { languageOfText } from './languageOfText.ts'

it.each([
  ['月光落在旧剧场的屋顶上，Maren 抬起头。', 'zh'],
  ['The lighthouse keeper wrote 海 on the wall.', 'en'],
  ['灯台守は海に手紙を届けることにした。', 'ja'],
  ['등대지기는 바다에 편지를 전하기로 했다.', 'ko'],
  ['123 …', undefined],
])('tells the language of %j', (text, language) => {
  expect(languageOfText(text)).toBe(language)
})
