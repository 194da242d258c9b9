import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { renderMarkdown } from '../../composables/renderMarkdown.ts'
import MarkdownText from './MarkdownText.vue'

const text =
  '# Title\n\nFirst paragraph.\n\n- one\n- two\n\nSecond *paragraph* here.\n\n```ts\nconst a = 1\n```\n\nLast.'

describe('a text that grows', () => {
  it('S2 keeps the nodes of finished blocks, so that a selection in them survives', async () => {
    const view = mount(MarkdownText, { props: { text: '', isStreaming: true } })
    let heading: Element | null = null
    for (let end = 1; end <= text.length; end++) {
      await view.setProps({ text: text.slice(0, end), isStreaming: true })
      if (heading === null && end > text.indexOf('First') + 20) heading = view.find('h1').element
    }
    expect(heading).not.toBeNull()
    expect(view.find('h1').element).toBe(heading)
  })

  it('shows in the end what rendering the whole shows', async () => {
    const view = mount(MarkdownText, { props: { text: '', isStreaming: true } })
    for (let end = 1; end <= text.length; end += 7) await view.setProps({ text: text.slice(0, end), isStreaming: true })
    await view.setProps({ text, isStreaming: false })
    const shown = [...view.element.children].map((block) => block.innerHTML).join('')
    expect(shown).toBe(toHtml(renderMarkdown(text)))
  })
})

describe('what a model may not do', () => {
  it.each([
    ['<img src=x onerror=alert(1)>', 'img'],
    ['<script>alert(1)</script>', 'script'],
    ['![seen](https://evil.example/pixel.png)', 'img'],
    ['[go](javascript:alert(1))', 'a'],
    ['<iframe src="https://evil.example"></iframe>', 'iframe'],
  ])('S1 %s makes no %s', (source, tag) => {
    const view = mount(MarkdownText, { props: { text: source, isStreaming: false } })
    expect(view.find(tag).exists()).toBe(false)
  })

  it('links open elsewhere without a way back', () => {
    const view = mount(MarkdownText, { props: { text: '[go](https://example.org)', isStreaming: false } })
    expect(view.find('a').attributes()).toMatchObject({ rel: 'noopener noreferrer nofollow', target: '_blank' })
  })
})

function toHtml(html: string): string {
  const holder = document.createElement('div')
  holder.innerHTML = html
  return holder.innerHTML
}

describe('Chinese as models write it', () => {
  it.each([
    ['**结论：**内容。', '<strong>结论：</strong>内容。'],
    ['他说**“好”**就走了', '<strong>“好”</strong>就走了'],
    ['a **bold** word', 'a <strong>bold</strong> word'],
  ])('S11 %s is bold', (source, html) => {
    expect(renderMarkdown(source)).toContain(html)
  })
})
