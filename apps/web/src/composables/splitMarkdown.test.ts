import { describe, expect, it } from 'vitest'
import { renderMarkdown } from './renderMarkdown.ts'
import { createMarkdownSplitter, hideHalfFence } from './splitMarkdown.ts'

const lines = [
  'A plain paragraph.',
  'which goes on',
  '# Title',
  '## 第二幕',
  '- one',
  '- two',
  '  - inner',
  '    continued',
  '1. first',
  '2. second',
  '2) other',
  '* star',
  '+ plus',
  '> quoted',
  'lazy line',
  '```ts',
  'const a = 1',
  '```',
  '~~~',
  '---',
  '===',
  '***',
  '| a | b |',
  '|---|---|',
  '| 1 | 2 |',
  'h1 | h2',
  '--|--',
  '    indented code',
  '\ttab code',
  '',
  '',
  '',
  '[x]: /url',
  '[x] and [y](http://z.example)',
  '![alt](http://e.example/i.png)',
  '<b>raw</b>',
  '**bold',
  'end**',
  '月光落在旧剧场的屋顶上。',
  '-',
  '#',
  '1',
  '1.',
  '#tag',
  '    ',
  '>',
]

describe('splitting a growing Markdown text', () => {
  it('renders block by block to what the whole renders to, cut at any point', () => {
    for (let seed = 1; seed <= 250; seed++) {
      const text = composeText(seed)
      const splitter = createMarkdownSplitter()
      for (let end = 0; end <= text.length; end++) {
        const cut = text.slice(0, end)
        const { settled, tail } = splitter.split(cut)
        const html = settled.map((block) => renderMarkdown(block.source)).join('') + renderMarkdown(tail)
        expect(html, JSON.stringify(cut)).toBe(renderMarkdown(cut))
      }
    }
  })

  it('never changes a settled block, and keeps its identity', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const text = composeText(seed)
      const splitter = createMarkdownSplitter()
      let before = splitter.split('').settled
      for (let end = 0; end <= text.length; end += 3) {
        const { settled } = splitter.split(text.slice(0, end))
        before.forEach((block, index) => expect(settled[index]).toBe(block))
        before = settled
      }
    }
  })

  it('loses no character', () => {
    const text = composeText(7)
    const { settled, tail } = createMarkdownSplitter().split(text)
    expect(settled.map((block) => block.source).join('') + tail).toBe(text)
    expect(settled.length).toBeGreaterThan(1)
  })

  it('starts anew when the text is another one', () => {
    const splitter = createMarkdownSplitter()
    splitter.split('# One\n\nfirst\n\nsecond\n')
    const { settled, tail } = splitter.split('Other')
    expect(settled).toEqual([])
    expect(tail).toBe('Other')
  })
})

describe('half-typed fences', () => {
  it.each([
    ['text\n`', 'text\n'],
    ['text\n``', 'text\n'],
    ['text\n```ts', 'text\n'],
    ['a\n~~~', 'a\n'],
  ])('hides %j', (tail, shown) => {
    expect(hideHalfFence(tail)).toBe(shown)
  })
  it.each(['text\n```ts\n', 'text\n```ts\ncode', 'a `word`', '`word` first', 'plain'])('leaves %j', (tail) => {
    expect(hideHalfFence(tail)).toBe(tail)
  })
})

/** A text of some lines of every kind, the same for the same seed. */
function composeText(seed: number): string {
  let state = seed * 2_654_435_761
  const next = (below: number) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 0x9e3779b9) | 0
    return (state >>> 0) % below
  }
  return Array.from({ length: 6 + next(14) }, () => lines[next(lines.length)]).join('\n')
}
