import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { MainAction, PanelState } from '../../composables/derivePanelState.ts'
import { createMessages } from '../../i18n.ts'
import { en } from '../../locales/en.ts'
import StageDock from './StageDock.vue'

function mountDock(state: PanelState, action: MainAction) {
  return mount(StageDock, {
    props: {
      stageKey: 'rewrite',
      state,
      action,
      canContinue: false,
      words: 'words',
      figures: null,
      elapsedMs: null,
      previousKey: null,
      nextKey: 'storyboard',
      instruction: '',
    },
    global: { plugins: [createMessages('en', en)] },
    attachTo: document.body,
  })
}

describe('the main button', () => {
  it('S7 is one element for Generate and Stop, and keeps the focus', async () => {
    const dock = mountDock({ kind: 'idle' }, 'generate')
    const button = dock.find('[data-testid=main-action]').element as HTMLButtonElement
    button.focus()
    await dock.setProps({ state: { kind: 'streaming' }, action: 'stop' })
    expect(dock.find('[data-testid=main-action]').element).toBe(button)
    expect(button.textContent).toContain('Stop')
    await dock.setProps({ state: { kind: 'stopping' }, action: 'wait' })
    expect(document.activeElement).toBe(button)
    dock.unmount()
  })

  it('does nothing while stopping', async () => {
    const dock = mountDock({ kind: 'stopping' }, 'wait')
    await dock.find('[data-testid=main-action]').trigger('click')
    expect(dock.emitted('act')).toBeUndefined()
    dock.unmount()
  })
})

describe('the instruction', () => {
  it('is sent with Enter, but not with the Enter that ends a composition', async () => {
    const dock = mountDock({ kind: 'idle' }, 'generate')
    const field = dock.find('textarea')
    await field.trigger('keydown', { key: 'Enter', isComposing: true })
    await field.trigger('keydown', { key: 'Enter', keyCode: 229 })
    expect(dock.emitted('act')).toBeUndefined()
    await field.trigger('keydown', { key: 'Enter' })
    expect(dock.emitted('act')).toEqual([['generate']])
    dock.unmount()
  })

  it('never leads to the next stage by Enter', async () => {
    const dock = mountDock({ kind: 'done', version: null }, 'next')
    await dock.find('textarea').trigger('keydown', { key: 'Enter' })
    expect(dock.emitted('act')).toBeUndefined()
    dock.unmount()
  })
})

describe('a text that was cut off', () => {
  it('S9 can be gone on with beside the main button, and its place is taken by a wish', async () => {
    const dock = mountDock({ kind: 'stopped', tokens: 3 }, 'regenerate')
    expect(dock.find('[data-testid=continue]').exists()).toBe(false)
    await dock.setProps({ canContinue: true })
    await dock.find('[data-testid=continue]').trigger('click')
    expect(dock.emitted('act')).toEqual([['continue']])
    await dock.setProps({ instruction: 'shorter' })
    expect(dock.find('[data-testid=continue]').exists()).toBe(false)
    dock.unmount()
  })
})
