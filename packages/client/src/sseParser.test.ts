import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSseParser, type SseMessage } from './sseParser.ts'

/** What a stream says when it comes in these pieces. */
function read(...pieces: string[]): { messages: SseMessage[]; retries: number[] } {
  const messages: SseMessage[] = []
  const retries: number[] = []
  const parse = createSseParser({
    onMessage: (message) => messages.push(message),
    onRetry: (retryMs) => retries.push(retryMs),
  })
  for (const piece of pieces) parse(piece)
  return { messages, retries }
}

describe('the event stream format', () => {
  it('joins data lines and takes one space after the colon away', () => {
    expect(read('data:a\ndata: b\ndata:  c\n\n').messages).toEqual([
      { event: 'message', data: 'a\nb\n c', lastEventId: '' },
    ])
  })

  it('names the event, and only the one it stands in', () => {
    const { messages } = read('event: ping\ndata: \n\ndata: x\n\nevent: empty\n\ndata: y\n\n')
    expect(messages.map(({ event, data }) => [event, data])).toEqual([
      ['ping', ''],
      ['message', 'x'],
      ['message', 'y'],
    ])
  })

  it('keeps the last id until another comes, and takes none with a NUL', () => {
    const { messages } = read('id: 1\ndata: a\n\ndata: b\n\nid: 2\0\ndata: c\n\nid\ndata: d\n\n')
    expect(messages.map(({ lastEventId }) => lastEventId)).toEqual(['1', '1', '1', ''])
  })

  it('passes over comments, unknown fields and an unfinished message', () => {
    expect(
      read(': hello\n\nfield: x\ndata: a\n:data: b\n\ndata: unfinished\n').messages.map(({ data }) => data),
    ).toEqual(['a'])
  })

  it('takes one byte order mark away, at the very start', () => {
    expect(read('\uFEFFdata: a\n\n').messages).toHaveLength(1)
    expect(read('\uFEFF\uFEFFdata: a\n\n').messages).toHaveLength(0)
    expect(read('\n', '\uFEFFdata: a\n\n').messages).toHaveLength(0)
  })

  it('tells a message as soon as its blank line ends, also when that is a carriage return', () => {
    expect(read('data: a\r\r').messages).toHaveLength(1)
    expect(read('data: a\r\n\r').messages).toHaveLength(1)
  })

  it('reads the time to come back, and nothing that is no whole number', () => {
    expect(read('retry: 250\n\nretry: soon\n\nretry: -1\n\nretry: 1.5\n\n').retries).toEqual([250])
  })
})

describe('however a stream is cut', () => {
  const field = fc.constantFrom('data', 'data: ', 'event: ', 'id: ', 'retry: ', ':', 'data:')
  const value = fc.string({ unit: fc.constantFrom('a', ' ', ':', '1', '字', '🎬', '\uFEFF', '\0'), maxLength: 6 })
  const line = fc.oneof(
    { weight: 3, arbitrary: fc.tuple(field, value).map((parts) => parts.join('')) },
    { weight: 2, arbitrary: fc.constant('') },
  )
  const lineEnd = fc.constantFrom('\n', '\r', '\r\n')
  const stream = fc.array(fc.tuple(line, lineEnd), { maxLength: 30 })

  it('C14 says the same', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 40 }), (lines, cuts) => {
        const whole = lines.flat().join('')
        const at = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length].toSorted((a, b) => a - b)
        const pieces = at.slice(1).map((end, index) => whole.slice(at[index], end))
        expect(read(...pieces)).toEqual(read(whole))
      }),
    )
  })

  it('says the same whatever ends its lines', () => {
    fc.assert(
      fc.property(stream, (lines) => {
        const ended = (end: string): string => lines.map(([text]) => text + end).join('')
        expect(read(ended('\r\n'))).toEqual(read(ended('\n')))
        expect(read(ended('\r'))).toEqual(read(ended('\n')))
      }),
    )
  })
})
