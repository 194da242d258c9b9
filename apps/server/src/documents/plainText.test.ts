import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOf, port, segments, signal, texts, write } from './testing/reading.ts'

const wrapped = 'First line of it\nand its second.\n\n  Indented one.\n\n\nLast one\n'

describe('plain text', () => {
  it('T3 a wrapped text has a paragraph between blank lines, another one in each line', async () => {
    expect(await segments('txt', bytesOf(wrapped))).toEqual([
      { number: 1, place: 'line 1', text: 'First line of it\nand its second.' },
      { number: 2, place: 'line 4', text: 'Indented one.' },
      { number: 3, place: 'line 7', text: 'Last one' },
    ])
    expect(await texts('txt', bytesOf('一行\r\n两行\r\n'))).toEqual(['一行', '两行'])
    const wide = `${'A paragraph of one line. '.repeat(8)}\nAnother.\n\nAfter a gap.`
    expect(await texts('txt', bytesOf(wide))).toHaveLength(3)
  })

  it('T3 a long paragraph is cut at the ends of sentences, never within a character', async () => {
    for (const sentence of ['This one is a sentence of ten words or so. ', '这是一个不长也不短的句子。', '😀字']) {
      const long = await texts('txt', bytesOf(sentence.repeat(900)))
      expect(long.length).toBeGreaterThan(1)
      for (const text of long) {
        expect(text.length).toBeLessThanOrEqual(2_000)
        expect(text.isWellFormed()).toBe(true)
        if (!sentence.startsWith('😀')) expect(text).toMatch(/[.。]$/)
      }
    }
  })

  it('T4 without targets every byte stays, whatever the text', async () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('', ' ', '\t', 'word '.repeat(900), '\ufeff', '\r'),
    )
    const text = fc
      .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\n\n', '\n \n', '')))
      .map((lines) => lines.flat().join(''))
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom('txt' as const, 'md' as const, 'srt' as const), async (source, format) => {
        const content = bytesOf(source)
        expect((await write(format, content)).equals(content)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('T4 a target stands in its place, and a blank one leaves the paragraph', async () => {
    const written = await write(
      'txt',
      bytesOf(wrapped),
      new Map([
        [1, 'Eins\n\nZwei\0'],
        [2, ' \n'],
        [3, 'Drei\ud800'],
      ]),
    )
    expect(written.toString()).toBe('Eins\nZwei\n\n  Indented one.\n\n\nDrei\ufffd\n')
    const lines = await write('txt', bytesOf('One.\r\nTwo.\r\n'), ({ number }) => `Nr\n${number}`)
    expect(lines.toString()).toBe('Nr 1\r\nNr 2\r\n')
  })

  it('T2 UTF-8 and UTF-16 are written as they were, GB18030 as UTF-8 with a mark', async () => {
    const little = Buffer.from('\ufeff你好\r\n', 'utf16le')
    expect(await texts('txt', little)).toEqual(['\ufeff你好'.slice(1)])
    expect(await write('txt', little)).toEqual(little)
    expect((await write('txt', Buffer.from(little).swap16(), () => 'Hi')).toString('hex')).toBe('feff00480069000d000a')
    const marked = bytesOf('\ufeffHello')
    expect((await write('txt', marked, () => 'Hallo')).toString()).toBe('\ufeffHallo')
    const chinese = Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3, 0x0a)
    expect(await texts('txt', chinese)).toEqual(['你好'])
    expect((await write('txt', chinese)).toString()).toBe('\ufeff你好\n')
  })

  it(
    'T15 twenty megabytes are read and written within seconds, and not held as text',
    { timeout: 60_000 },
    async () => {
      for (const line of ['A sentence of some words. ', '字', ' ', '字。\n']) {
        const content = bytesOf(line.repeat(Math.floor((20 * 1_024 * 1_024) / bytesOf(line).length)))
        const before = performance.now()
        let longest = 0
        for await (const { text } of port.readSegments({ format: 'txt', content }, signal))
          longest = Math.max(longest, text.length)
        expect(longest).toBeLessThanOrEqual(2_000)
        expect(performance.now() - before).toBeLessThan(20_000)
      }
    },
  )
})
