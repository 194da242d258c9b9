import { expect, it } from 'vitest'
import { isSendKey } from './sendKey.ts'

const enter = { key: 'Enter', shiftKey: false, isComposing: false, keyCode: 13 }

it('sends on Enter, not on Shift+Enter or other keys', () => {
  expect(isSendKey(enter)).toBe(true)
  expect(isSendKey({ ...enter, shiftKey: true })).toBe(false)
  expect(isSendKey({ ...enter, key: 'a', keyCode: 65 })).toBe(false)
})

it('S6 sends nothing with the Enter that ends a composition', () => {
  expect(isSendKey({ ...enter, isComposing: true })).toBe(false)
  expect(isSendKey({ ...enter, keyCode: 229 })).toBe(false)
})
