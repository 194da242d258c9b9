import { describe, expect, it } from 'vitest'
import { BatchReader, endsIdle, splitNotifications } from './wireMessages.ts'

function message(type: string, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(4 + bytes.length)
  return Buffer.concat([Buffer.from(type), length, bytes])
}
const startup = message('', '\0\x03\0\0user\0postgres\0\0')
const extended = Buffer.concat([
  message('P', 'name\0SELECT $1\0\0\0'),
  message('B', '\0\0'),
  message('E', '\0'),
  message('S', ''),
])
const notification = (channel: string) => message('A', `\0\0\0\x01${channel}\0payload\0`)

describe('BatchReader', () => {
  const conversation = Buffer.concat([
    startup,
    message('Q', 'LISTEN a\0'),
    extended,
    message('H', ''),
    message('X', ''),
  ])
  const expected = [
    { bytes: new Uint8Array(startup), kind: 'query', sqlStart: '' },
    { bytes: new Uint8Array(message('Q', 'LISTEN a\0')), kind: 'query', sqlStart: 'LISTEN a' },
    { bytes: new Uint8Array(extended), kind: 'query', sqlStart: 'SELECT $1' },
    { bytes: new Uint8Array(message('H', '')), kind: 'more', sqlStart: '' },
    { bytes: new Uint8Array(message('X', '')), kind: 'terminate', sqlStart: '' },
  ]

  it('cuts a conversation into whole batches, up to the message that asks for an answer', () => {
    expect(new BatchReader().push(conversation)).toEqual(expected)
  })

  it('gives the same batches wherever the bytes are cut', () => {
    for (let cut = 0; cut <= conversation.length; cut++) {
      const reader = new BatchReader()
      const batches = [...reader.push(conversation.subarray(0, cut)), ...reader.push(conversation.subarray(cut))]
      expect(batches, `cut at ${cut}`).toEqual(expected)
    }
  })

  it('gives the same batches when the bytes come one by one', () => {
    const reader = new BatchReader()
    expect([...conversation].flatMap((byte) => reader.push(Uint8Array.of(byte)))).toEqual(expected)
  })
})

describe('endsIdle', () => {
  it.each([
    ['I', true],
    ['T', false],
    ['E', false],
  ])('reads the transaction status %s', (status, idle) => {
    expect(endsIdle(Buffer.concat([message('C', 'SELECT 1\0'), message('Z', status)]))).toBe(idle)
  })

  it('is false without ReadyForQuery', () => {
    expect(endsIdle(message('1', ''))).toBe(false)
  })

  it('looks at the last of several', () => {
    expect(endsIdle(Buffer.concat([message('Z', 'I'), message('Z', 'T')]))).toBe(false)
  })
})

describe('splitNotifications', () => {
  it('parts notifications from the rest and keeps the order of both', () => {
    const answer = Buffer.concat([message('C', 'COMMIT\0'), notification('a'), message('Z', 'I'), notification('B c')])
    const { own, notifications } = splitNotifications(answer)
    expect(own).toEqual(Buffer.concat([message('C', 'COMMIT\0'), message('Z', 'I')]))
    expect(notifications).toEqual([
      { channel: 'a', bytes: notification('a') },
      { channel: 'B c', bytes: notification('B c') },
    ])
  })
})
