import { describe, expect, test } from 'vitest'
import { chooseWritingLanguage, detectLanguage } from './language.ts'

test.each([
  ['一只想当厨师的机器猫', 'zh'],
  ['写一个关于 ChatGPT 的故事，主角是小明', 'zh'],
  ['{"shots":[{"number":1,"visual":"远景，清晨的渡口，薄雾漫过水面","narration":"船来了。","seconds":4}]}', 'zh'],
  ['猫になりたかったロボットの話', 'ja'],
  ['東京都庁は新宿区にある超高層建築物です', 'ja'],
  ['门口写着“の屋”，布帘是蓝色的，每天清晨都有人排队', 'zh'],
  ['요리사가 되고 싶은 로봇 고양이', 'ko'],
  ['A robot cat named 小花 who wants to cook for the whole town', null],
  ['Le chat noir', null],
  ['12345', null],
  ['', null],
])('%s is %s', (text, language) => {
  expect(detectLanguage(text)).toBe(language)
})

describe('the language a stage writes in', () => {
  test('PL3 is the wish, whatever the material', () => {
    expect(chooseWritingLanguage('en', '一只猫').instruction).toContain('English')
    expect(chooseWritingLanguage('zh-CN', 'A cat')).toMatchObject({
      prompt: 'zh',
      instruction: expect.stringContaining('简体'),
    })
    expect(chooseWritingLanguage('zh-Hant', 'A cat').instruction).toContain('繁体')
    expect(chooseWritingLanguage('fr', 'A cat')).toMatchObject({
      prompt: 'en',
      instruction: expect.stringContaining('French'),
    })
  })

  test('PL3 is that of the material without a wish', () => {
    expect(chooseWritingLanguage(undefined, '一只猫').prompt).toBe('zh')
    expect(chooseWritingLanguage(undefined, 'A cat').instruction).toContain('same language as the material')
    expect(chooseWritingLanguage(undefined, '猫になりたかったロボット').instruction).toContain('Japanese')
  })

  test('a tag no list knows does not throw', () => {
    expect(chooseWritingLanguage('qqq-1234567', 'x').instruction).toContain('qqq')
  })
})
