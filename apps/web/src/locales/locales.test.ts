import { describe, expect, it } from 'vitest'
import { errorCodes } from '../types.ts'
import { en } from './en.ts'
import { zh } from './zh.ts'

const chinese: Record<string, string> = zh

describe('the two languages', () => {
  it('S4 have the same keys', () => {
    expect(Object.keys(zh).toSorted()).toEqual(Object.keys(en).toSorted())
  })

  it('take the same parameters', () => {
    for (const [key, words] of Object.entries(en))
      expect(parametersOf(chinese[key] ?? ''), key).toEqual(parametersOf(words))
  })

  it('S4 have words for every error code', () => {
    for (const code of errorCodes) {
      for (const key of [`error.${code}`, `errorHint.${code}`]) {
        expect(en, key).toHaveProperty([key])
        expect(zh, key).toHaveProperty([key])
      }
    }
  })

  it('leave nothing empty or untranslated', () => {
    const sameInBoth = new Set(['app.name', 'stage.version'])
    for (const [key, words] of Object.entries(en)) {
      expect(words.trim(), key).not.toBe('')
      if (!sameInBoth.has(key)) expect(chinese[key], key).toMatch(/\p{Script=Han}/u)
    }
  })

  it('use no character that means something else to the message compiler', () => {
    for (const words of [...Object.values(en), ...Object.values(zh)]) expect(words).not.toMatch(/[@|]/)
  })
})

function parametersOf(words: string): string[] {
  return [...words.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).toSorted()
}
