import { expect, it } from 'vitest'
import { cleanFileName, deliveredName, stemOf } from './fileNames.ts'

it.each([
  ['报告 第1版.docx', '报告 第1版.docx'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\anna\\报告.docx', '报告.docx'],
  ['/tmp/a/', 'a'],
  ['..', 'stagewright'],
  ['', 'stagewright'],
  ['\0', 'stagewright'],
  ['.docx', 'stagewright.docx'],
  ['a\0b\r\nc.txt', 'a b c.txt'],
  ['\u202Efdp.exe\u202C.txt', 'fdp.exe.txt'],
  ['\u200Fabc\u061C.md', 'abc.md'],
  [`${'长'.repeat(500)}.docx`, `${'长'.repeat(80)}.docx`],
  [`x.${'y'.repeat(500)}`, `x.${'y'.repeat(78)}`],
  ['e\u0301.txt', '\u00E9.txt'],
  ['half \uD800 pair.md', 'half \uFFFD pair.md'],
  ['CON.txt', 'stagewright CON.txt'],
  ['<script>.txt', 'script.txt'],
  ['a"; filename="b.html', 'a ; filename= b.html'],
  ['a.tar.gz', 'a.tar.gz'],
  ['no ending', 'no ending'],
  ['The end. Of it', 'The end. Of it'],
])('K3 %j is kept as %j', (given, kept) => {
  expect(cleanFileName(given)).toBe(kept)
  expect(cleanFileName(kept)).toBe(kept)
})

it('K3 a file that is made anew says so before its ending, and what is left of a pdf is its text', () => {
  expect(deliveredName('报告.v2.docx', 'de', 'docx')).toBe('报告.v2.de.docx')
  expect(deliveredName('报告.pdf', 'zh-CN', 'pdf')).toBe('报告.zh-CN.txt')
  expect(deliveredName('报告', '../x', 'md')).toBe('报告.x.md')
  expect([stemOf('a.b.md'), stemOf('a'), stemOf('.md')]).toEqual(['a.b', 'a', '.md'])
})
