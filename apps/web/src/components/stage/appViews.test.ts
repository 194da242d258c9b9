import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { Component } from 'vue'
import { createMessages } from '../../i18n.ts'
import { en } from '../../locales/en.ts'
import AppPlan from './AppPlan.vue'
import { changeSection } from './changeSection.ts'
import FileTree from './FileTree.vue'
import ReviewTable from './ReviewTable.vue'

const section = (number: number, more: object = {}) => ({
  number,
  title: `T${number}`,
  content: `C${number} “x”\n- y`,
  ...more,
})
const plan = `{"plan":[\n  ${JSON.stringify(section(1, { locked: true }))},\n  ${JSON.stringify(section(2))}\n]}\n`
const review = JSON.stringify({
  criteria: [
    { number: 1, name: 'Clarity', score: 80, reason: 'Good.' },
    { number: 2, name: '可用', score: '61', reason: '缺少空状态。' },
  ],
})
const files =
  '=== file: index.html ===\n<p>"a"</p>\n=== end ===\n\n=== file: src/app.js ===\nlet a = `\\n`\n=== end ===\n'

type Props = { text: string; isStreaming: boolean; canChange?: boolean; canRewrite?: boolean }
const show = (view: Component, props: Props) =>
  mount(view, { props: { ...props }, global: { plugins: [createMessages('en', en)] } })

describe('a text that was cut anywhere', () => {
  it('S12 of a plan shows the sections that are whole, and that one is coming', () => {
    for (let length = 0; length <= plan.length; length++) {
      const text = plan.slice(0, length)
      const shown = show(AppPlan, { text, isStreaming: true })
      const whole = text.split('}').length - 1
      expect(shown.findAll('[data-testid=section]').length).toBe(Math.min(2, whole))
      expect(shown.text()).not.toContain('{')
      shown.unmount()
    }
  })

  it('S12 of a review shows the criteria that are whole, and the mean once it is', () => {
    for (let length = 0; length <= review.length; length++) {
      const shown = show(ReviewTable, { text: review.slice(0, length), isStreaming: true })
      expect(shown.find('[data-testid=score]').exists()).toBe(false)
      expect(shown.text()).not.toContain('{')
      shown.unmount()
    }
    const done = show(ReviewTable, { text: review, isStreaming: false })
    expect(done.find('[data-testid=score]').text()).toBe('71')
    expect(done.findAll('tbody tr')).toHaveLength(2)
    expect(show(ReviewTable, { text: '{"criteria":[],"skipped":true}', isStreaming: false }).text()).toContain(
      'skipped',
    )
  })

  it('S12 of files shows those that are there, and follows the one that is being written', () => {
    for (let length = 0; length <= files.length; length++) {
      const text = files.slice(0, length)
      const shown = show(FileTree, { text, isStreaming: true })
      const begun = [...text.matchAll(/=== file: (.+) ===\n/g)].map((found) => found[1])
      expect(shown.findAll('[data-testid=file]').map((file) => file.text())).toEqual(begun)
      if (begun.length > 0) {
        expect(shown.find('[aria-current=true]').text()).toBe(begun.at(-1))
        expect(shown.find('[data-testid=file-content]').text()).not.toContain('===')
      }
      shown.unmount()
    }
  })

  it('S12 stays on the file that was chosen while others come', async () => {
    const shown = show(FileTree, { text: files.slice(0, 40), isStreaming: true })
    await shown.find('[data-testid=file]').trigger('click')
    await shown.setProps({ text: files, isStreaming: true })
    expect(shown.find('[data-testid=file-content]').text()).toBe('<p>"a"</p>')
  })
})

describe('a change in the view', () => {
  it('S13 of a section gives the whole text with it, and the rest as it was', async () => {
    const shown = show(AppPlan, { text: plan, isStreaming: false, canChange: true })
    await shown.findAll('[data-testid=edit-section]')[1]!.trigger('click')
    await shown.find('textarea').setValue('New “words”')
    await shown.find('form').trigger('submit')
    await shown.findAll('[data-testid=lock-section]')[0]!.trigger('click')
    const [edited, unlocked] = shown.emitted('change')!.map(([text]) => JSON.parse(String(text)) as unknown)
    expect(edited).toEqual({ plan: [section(1, { locked: true }), section(2, { content: 'New “words”' })] })
    expect(unlocked).toEqual({ plan: [section(1), section(2)] })
  })

  it('S13 is none where the text is no such JSON, and finds it in a fence', () => {
    expect(changeSection('no json', 'plan', { number: 1, patch: {} })).toBeNull()
    expect(changeSection('{"plan":7}', 'plan', { number: 1, patch: {} })).toBeNull()
    const fenced = changeSection(`Sure:\n\`\`\`json\n${plan}\`\`\``, 'plan', { number: 2, patch: { locked: true } })
    expect(JSON.parse(fenced!)).toEqual({ plan: [section(1, { locked: true }), section(2, { locked: true })] })
  })

  it('S13 is not offered while the text may still grow', () => {
    const shown = show(AppPlan, { text: plan, isStreaming: false })
    expect(shown.find('[data-testid=lock-section]').exists()).toBe(false)
    expect(shown.find('[aria-label=Locked]').exists()).toBe(true)
  })

  it('S13 of one file names it', async () => {
    const shown = show(FileTree, { text: files, isStreaming: false, canRewrite: true })
    await shown.findAll('[data-testid=file]')[1]!.trigger('click')
    await shown.find('[data-testid=rewrite-file]').trigger('click')
    expect(shown.emitted('rewritePart')).toEqual([['src/app.js']])
  })
})
