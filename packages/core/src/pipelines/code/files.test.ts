import { describe, expect, test } from 'vitest'
import { readFiles } from './files.ts'
import { inlinePage } from './inlinePage.ts'

const html =
  '<!doctype html>\n<link rel="stylesheet" href="./style.css">\n<script src="app.js" defer></script>\n<body>\n</body>\n'
const text = `Here it is:

=== file: index.html ===
${html}=== end ===

=== file: src/app.js ===
const a = '=== b ==='
=== end ===
`

describe('many files in one text', () => {
  test('PL18 are read with their paths and places, and what stands around them is passed over', () => {
    const files = readFiles(text)
    expect(files).toMatchObject([
      { path: 'index.html', content: html, isWhole: true, problem: null },
      { path: 'src/app.js', content: "const a = '=== b ==='\n", isWhole: true, problem: null },
    ])
    for (const { path, start, end } of files) {
      expect(text.slice(start, end)).toMatch(new RegExp(`^=== file: ${path} ===\n[^]*\n=== end ===\n$`))
    }
  })

  test('PL18 can be cut at every character: what is whole stays as it is, the last one grows', () => {
    const whole = readFiles(text)
    for (let length = 0; length <= text.length; length++) {
      const files = readFiles(text.slice(0, length))
      for (const [at, file] of files.entries()) {
        expect(file.path).toBe(whole[at]!.path)
        expect(file.isWhole).toBe(at < files.length - 1 || length >= whole[at]!.end - 1)
        if (file.isWhole) expect(file.content).toBe(whole[at]!.content)
        else expect(whole[at]!.content.startsWith(file.content.slice(0, -1))).toBe(true)
      }
    }
  })

  test.each([
    ['a fence around the content', '=== file: a.js ===\n```js\nlet a\n```\n=== end ===\n', 'let a\n', true],
    ['a fence that is still open', '=== file: a.js ===\n```js\nlet a\n', 'let a\n', false],
    [
      'a Markdown file that begins with a fence',
      '=== file: a.md ===\n```\nx\n```\nmore\n=== end ===\n',
      '```\nx\n```\nmore\n',
      true,
    ],
    ['no end mark before the next', '=== file: a.js ===\nlet a\n=== file: b.js ===\n', 'let a\n', true],
    ['Windows line ends', '=== file: a.js ===\r\nlet a\r\n=== end ===\r\n', 'let a\n', true],
    ['longer marks', '===== FILE: a.js =====\nlet a\n==== END ====\n', 'let a\n', true],
    ['nothing in it', '=== file: a.js ===\n=== end ===\n', '', true],
  ])('PL18 with %s', (_, given, content, isWhole) => {
    expect(readFiles(given)[0]).toMatchObject({ content, isWhole, problem: null })
  })

  test.each([
    '../up.js',
    '/etc/passwd',
    'a/../../b',
    'C:/x',
    'a\\b',
    './a',
    'a//b',
    'a/.',
    'nul\u0000',
    'x'.repeat(121),
    'a.',
  ])('PL19 the path %j can not be unpacked', (path) => {
    expect(readFiles(`=== file: ${path} ===\nx\n=== end ===\n`)[0]?.problem).toEqual(expect.any(String))
  })

  test('PL19 a path that stands there twice is unpacked once', () => {
    const twice = readFiles('=== file: a ===\n1\n=== end ===\n=== file: a ===\n2\n=== end ===\n')
    expect(twice.map(({ problem }) => problem === null)).toEqual([true, false])
  })
})

describe('the page of an app', () => {
  const page = (...files: [path: string, content: string][]) =>
    inlinePage(readFiles(files.map(([path, content]) => `=== file: ${path} ===\n${content}\n=== end ===\n`).join('\n')))

  test('PL20 has its styles and scripts in it, those that waited for the page at its end', () => {
    const inlined = page(['index.html', html], ['style.css', 'p { color: red }'], ['app.js', 'go("</script>")'])!
    expect(inlined).toContain('<style>\np { color: red }\n</style>')
    expect(inlined).not.toContain('src=')
    expect(inlined.indexOf('go(')).toBeGreaterThan(inlined.indexOf('<body>'))
    expect(inlined.match(/<\/script>/g)).toHaveLength(1)
    expect(inlined).toMatch(/<script>\ngo\("<\\\/script>"\)\n<\/script>\n<\/body>/)
  })

  test('PL20 leaves alone what is none of its files, and takes nothing in a file for a pattern', () => {
    const given = '<script src="https://elsewhere.example/x.js"></script><script src="a.js"></script><img src="p.svg">'
    const inlined = page(['index.html', given], ['a.js', "'$&$1'"], ['p.svg', '<svg/>'])!
    expect(inlined).toContain('<script src="https://elsewhere.example/x.js"></script>')
    expect(inlined).toContain("'$&$1'")
    expect(inlined).toContain('<img src="data:image/svg+xml,%3Csvg%2F%3E%0A">')
  })

  test('PL20 there is none without a whole index.html', () => {
    expect(page(['main.html', html])).toBeNull()
    expect(inlinePage(readFiles('=== file: index.html ===\n<p>'))).toBeNull()
  })
})
