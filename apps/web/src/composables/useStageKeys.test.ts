import { expect, it } from 'vitest'
import { chooseByKey } from './useStageKeys.ts'

const key = (name: string, withCtrl = false) => ({ key: name, metaKey: false, ctrlKey: withCtrl })

it('runs and saves with Ctrl+Enter, and stops with Esc, only where the main button does the same', () => {
  expect(chooseByKey(key('Enter', true), 'generate')).toBe('generate')
  expect(chooseByKey(key('Enter', true), 'save')).toBe('save')
  expect(chooseByKey(key('Enter', true), 'stop')).toBeNull()
  expect(chooseByKey(key('Enter', true), 'next')).toBeNull()
  expect(chooseByKey(key('Enter'), 'generate')).toBeNull()
  expect(chooseByKey(key('Escape'), 'stop')).toBe('stop')
  expect(chooseByKey(key('Escape'), 'generate')).toBeNull()
})
