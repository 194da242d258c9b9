import SrtParser from 'srt-parser-2'
import { expect, it } from 'vitest'
import { bytesOf, segments, write } from './testing/reading.ts'

const source =
  '\ufeff1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i>\r\nthere\r\n\r\n2\r\n00:01:02,500 --> 00:01:04,000\r\n\r\n3\r\n00:01:05,000 --> 00:01:06,000\r\n42 is it\r\n'

it('T5 a subtitle is one segment at its time; one without words is none', async () => {
  expect(await segments('srt', bytesOf(source))).toEqual([
    { number: 1, place: '00:00:01,000', text: '<i>Hello</i>\nthere' },
    { number: 2, place: '00:01:05,000', text: '42 is it' },
  ])
})

it('T5 times and numbers stay, and no target ends its subtitle or looks like a time', async () => {
  const written = await write(
    'srt',
    bytesOf(source),
    ({ number }) => `Zeile ${number}\n\n00:00:09,000 --> 00:00:10,000`,
  )
  const stamps = (text: string): string[] => text.match(/^\d+\r?$|.*-->.*/gm) ?? []
  expect(stamps(written.toString())).toEqual(stamps(source))
  expect(new SrtParser().fromSrt(written.toString().slice(1)).map(({ text }) => text)).toEqual([
    'Zeile 1\n00:00:09,000 → 00:00:10,000',
    '',
    'Zeile 2\n00:00:09,000 → 00:00:10,000',
  ])
  expect(written.toString()).not.toMatch(/[^\r]\n/)
})
