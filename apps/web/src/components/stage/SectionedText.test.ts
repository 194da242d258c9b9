import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createMessages } from '../../i18n.ts'
import { en } from '../../locales/en.ts'
import SectionedText from './SectionedText.vue'

const text = '# Title\n\nLead.\n\n## One\n\nFirst.\n\n```\n## no heading\n```\n\n## Two\n\nSecond.\n'
const mountText = (props: { text: string; isStreaming: boolean; canRewrite?: boolean }) =>
  mount(SectionedText, { props, global: { plugins: [createMessages('en', en)] } })

describe('a text in sections', () => {
  it('S10 shows all of it, and each section can be written anew', async () => {
    const shown = mountText({ text, isStreaming: false, canRewrite: true })
    expect(shown.findAll('h1, h2').map((heading) => heading.text())).toEqual(['Title', 'One', 'Two'])
    expect(shown.text()).toContain('## no heading')
    const buttons = shown.findAll('[data-testid=rewrite-section]')
    expect(buttons.map((button) => button.attributes('aria-label'))).toEqual([
      'Rewrite the section “One”',
      'Rewrite the section “Two”',
    ])
    await buttons[1]!.trigger('click')
    expect(shown.emitted('rewritePart')).toEqual([['2']])
  })

  it('S10 is shown wherever it is cut, with one caret at its end, and offers nothing while it grows', () => {
    for (let length = 1; length <= text.length; length++) {
      const shown = mountText({ text: text.slice(0, length), isStreaming: true })
      expect(shown.findAll('.caret')).toHaveLength(1)
      expect(shown.find('[data-testid=rewrite-section]').exists()).toBe(false)
      shown.unmount()
    }
  })
})
