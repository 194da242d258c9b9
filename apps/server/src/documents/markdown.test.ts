import fc from 'fast-check'
import MarkdownIt from 'markdown-it'
import { describe, expect, it } from 'vitest'
import { bytesOf, segments, texts, write } from './testing/reading.ts'

const source = `---
title: kept
---
# Head *ing* ##

Para one
  continues  
hard. [a](http://b)

> quote one
> two

- item
  more
  - nested

1. [ ] task

| a | b \\| c |
|---|:-:|
| x | \`y\` z|

\`\`\`js
code

more code
\`\`\`

<div>
html

</div>

[ref]: http://x.y

Setext
===

    indented code
`

/** The kinds of blocks, without what stands in them. */
const blocksOf = (text: string): string =>
  new MarkdownIt({ html: true })
    .parse(text, {})
    .map(({ type, tag, markup }) => `${type} ${tag} ${markup}`)
    .join('\n')

describe('Markdown', () => {
  it('T6 headings, paragraphs, items and cells are segments; code, HTML and definitions are not', async () => {
    const found = await segments('md', bytesOf(source))
    expect(found.map(({ place, text }) => [place, text])).toEqual([
      ['line 4', 'Head *ing*'],
      ['line 6', 'Para one\ncontinues  \nhard. [a](http://b)'],
      ['line 10', 'quote one\ntwo'],
      ['line 13', 'item\nmore'],
      ['line 15', 'nested'],
      ['line 17', '[ ] task'],
      ['line 19, column 1', 'a'],
      ['line 19, column 2', 'b | c'],
      ['line 21, column 1', 'x'],
      ['line 21, column 2', '`y` z'],
      ['line 36', 'Setext'],
    ])
  })

  it('T7 no target changes the blocks, whatever a model wrote', async () => {
    const blocks = blocksOf(source)
    const nasty = [
      '- a\n\nb',
      '# x | y',
      '1. one\n2) two',
      '```\ncode',
      '    four',
      '<div>\n</div>',
      '[a]: b',
      '===',
      '---',
      '> q\n\n> r',
      'a  \nb\\\n# c',
      'a\n===',
      '\\',
      '| a |\n|---|',
      '***',
      'x #',
    ]
    for (const target of nasty) {
      const written = (await write('md', bytesOf(source), () => target)).toString()
      expect(blocksOf(written), JSON.stringify(target)).toBe(blocks)
    }
    const piece = fc.constantFrom(
      '#',
      '-',
      '>',
      '|',
      '`',
      '~~~',
      '=',
      '1.',
      '\n',
      ' ',
      '  \n',
      '\\',
      '<',
      '[a]:',
      '*',
      '\t',
      'word',
      '字',
      '+',
      '_',
      '&',
      '](',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const written = (await write('md', bytesOf(source), () => pieces.join(''))).toString()
        expect(blocksOf(written)).toBe(blocks)
      }),
      { numRuns: 200, examples: [[['-', '-']]] },
    )
  })

  it('T7 no target makes a rule of the item that it stands in', async () => {
    const items = '- a\n  - b\n\n* c\n\n1. d\n\n> - e\n'
    for (const target of ['-', '--', '- -', '---', '*', '**', '* *', '***', '--\nmore', 'more  \n--']) {
      const written = (await write('md', bytesOf(items), () => target)).toString()
      expect(blocksOf(written), JSON.stringify(target)).toBe(blocksOf(items))
    }
  })

  it('T6 a file of any length is cut where nothing is torn', async () => {
    const many = source.slice(source.indexOf('# Head')).repeat(600)
    const found = await segments('md', bytesOf(many))
    expect(found).toHaveLength(11 * 600)
    expect(found.some(({ text }) => text.includes('code'))).toBe(false)
    const fence = `before\n\n\`\`\`\n${'code here\n\n'.repeat(60_000)}\`\`\`\n\nafter\n`
    expect(await texts('md', bytesOf(fence))).toEqual(['before', 'after'])
  })
})
