import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { RelayedPiece, TextSource } from '@stagewright/core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startTemporaryRedis, type TemporaryRedis } from '../../../../tests/support/temporaryRedis.ts'
import { createLog } from '../log.ts'
import { openRedis, type OpenRedis } from './openRedis.ts'
import { channelOf } from './pieces.ts'

let server: TemporaryRedis
let lines: string[] = []
const opened: OpenRedis[] = []

beforeAll(async () => {
  server = await startTemporaryRedis()
})
afterEach(() => {
  for (const redis of opened.splice(0)) redis.close()
  lines = []
})
afterAll(() => server?.stop())

const log = createLog('info', { write: (line: string) => void lines.push(line) })
const open = (): OpenRedis => {
  const redis = openRedis({ url: server.url, version: 'test', log })
  opened.push(redis)
  return redis
}
const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5))
}
const source = (attempt = 1): TextSource => ({ rewriteId: randomUUID(), attempt })
const textAt = (offset: number, text: string): RelayedPiece => ({ type: 'text', offset, text })

/** Subscribes, and settles once Redis knows of it: what is published from then on is heard. */
async function hear(redis: OpenRedis, of: TextSource): Promise<{ heard: RelayedPiece[]; stop(): void }> {
  const heard: RelayedPiece[] = []
  const stop = redis.relay.subscribe(of, (piece) => heard.push(piece))
  await until(async () => (await subscribersOf(of)) > 0)
  return { heard, stop }
}

async function subscribersOf(of: TextSource): Promise<number> {
  return asked(async (redis) => Number((await redis.pubsub('NUMSUB', channelOf(of)))[1]))
}

async function asked<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(server.url)
  try {
    return await question(redis)
  } finally {
    redis.disconnect()
  }
}

describe('text through Redis', () => {
  it('M8 reaches who has subscribed to the attempt, letter by letter, and nobody else', async () => {
    const [here, there] = [open(), open()]
    await until(() => here.isReady() && there.isReady())
    const of = source()
    const { heard } = await hear(there, of)
    const older = await hear(there, { ...of, attempt: 2 })
    const pieces: RelayedPiece[] = [
      textAt(0, '春江潮水\n\ndata: {}\r\n "quoted" \u2028👩‍🚀\\u0000'),
      textAt(30, ''),
      {
        type: 'figures',
        figures: {
          rewriteNo: 1,
          tokens: 3,
          tokensPerSecond: null,
          firstTokenMs: 12,
          elapsedMs: 40,
          provider: 'A',
          model: null,
          reasoning: { characters: 5, tail: 'think' },
        },
      },
    ]
    for (const piece of pieces) here.relay.publish(of, piece)
    await until(() => heard.length === pieces.length)
    expect(heard).toEqual(pieces)
    expect(older.heard).toEqual([])
  })

  it('M8 is nothing else than text: what others say on its channel is passed by', async () => {
    const here = open()
    await until(() => here.isReady())
    const of = source()
    const { heard } = await hear(here, of)
    const nonsense = ['', 'not json', '[]', '[-1,"x"]', '[0.5,"x"]', '[0]', '{"figures":{}}', 'null', '{"__proto__":1}']
    for (const message of nonsense) await asked((redis) => redis.publish(channelOf(of), message))
    here.relay.publish(of, textAt(7, 'text'))
    await until(() => heard.length > 0)
    expect(heard).toEqual([textAt(7, 'text')])
  })

  it('M8 leaves no subscription when nobody listens, and one however many do', async () => {
    const here = open()
    await until(() => here.isReady())
    const of = source()
    const [first, second] = [await hear(here, of), await hear(here, of)]
    expect(await subscribersOf(of)).toBe(1)
    first.stop()
    first.stop()
    here.relay.publish(of, textAt(0, 'x'))
    await until(() => second.heard.length === 1)
    expect(first.heard).toEqual([])
    second.stop()
    expect(here.sizes().channels).toBe(0)
    await until(async () => (await subscribersOf(of)) === 0)
    await until(() => here.sizes().unanswered === 0)
  })
})

describe('Redis away', () => {
  const levels = (): string[] =>
    lines.map((line) => JSON.parse(line) as { level: number; msg: string }).map(({ level, msg }) => `${level} ${msg}`)
  const away = '40 Redis is away: live text reaches other processes through the database meanwhile.'
  const back = '30 Redis is back: live text goes through it again.'

  it('M12 killed and started again: said once each, thrown nowhere, heard again by itself', async () => {
    const [here, there] = [open(), open()]
    await until(() => here.isReady() && there.isReady())
    const of = source()
    const { heard } = await hear(there, of)
    await server.kill()
    await until(() => !here.isReady() && !there.isReady())
    for (let count = 0; count < 1_000; count += 1) here.relay.publish(of, textAt(count, 'x'))
    expect(here.sizes().unanswered).toBe(0)
    const later = source()
    const meanwhile: RelayedPiece[] = []
    there.relay.subscribe(later, (piece) => meanwhile.push(piece))
    await server.restart()
    await until(async () => here.isReady() && (await subscribersOf(of)) === 1 && (await subscribersOf(later)) === 1)
    here.relay.publish(of, textAt(5, 'again'))
    here.relay.publish(later, textAt(6, 'new'))
    await until(() => heard.length === 1 && meanwhile.length === 1)
    expect([heard[0], meanwhile[0]]).toEqual([textAt(5, 'again'), textAt(6, 'new')])
    await until(() => levels().length === 4)
    expect(levels().toSorted()).toEqual([back, back, away, away])
    expect(lines.join('\n')).not.toContain(server.password)
  })

  it('M12 absent at the start: it begins to work when it comes', async () => {
    await server.kill()
    const here = open()
    const of = source()
    const heard: RelayedPiece[] = []
    here.relay.subscribe(of, (piece) => heard.push(piece))
    here.relay.publish(of, textAt(0, 'lost'))
    await until(() => lines.length === 1)
    await server.restart()
    await until(async () => here.isReady() && (await subscribersOf(of)) === 1)
    here.relay.publish(of, textAt(4, 'heard'))
    await until(() => heard.length === 1)
    expect(heard).toEqual([textAt(4, 'heard')])
    await until(() => levels().length === 2)
    expect(levels()).toEqual([away, back])
  })

  it('M12 a black hole: it is seen by itself, holds up nobody and fills no memory', async () => {
    const here = open()
    await until(() => here.isReady())
    const of = source()
    const { heard } = await hear(here, of)
    server.pause()
    try {
      const startMs = performance.now()
      for (let count = 0; count < 20_000; count += 1) here.relay.publish(of, textAt(count, 'x'))
      const tookMs = performance.now() - startMs
      expect(here.sizes().unanswered).toBe(5_000)
      expect(tookMs).toBeLessThan(5_000)
      await until(() => !here.isReady())
      await until(() => here.sizes().unanswered === 0)
      // New connections are accepted by the kernel and answered by nobody: that is no readiness.
      await until(() => levels().length === 1)
      expect(here.isReady()).toBe(false)
    } finally {
      server.resume()
    }
    await until(async () => here.isReady() && (await subscribersOf(of)) >= 1)
    const before = heard.length
    here.relay.publish(of, textAt(99_999, 'back'))
    await until(() => heard.length > before)
    expect(heard.at(-1)).toEqual(textAt(99_999, 'back'))
    expect(levels()).toEqual([away, back])
  })

  it('M12 a wrong password: said without it', async () => {
    const wrong = server.url.replace(server.password, 'planted-and-wrong')
    const here = openRedis({ url: wrong, version: 'test', log })
    opened.push(here)
    await until(() => lines.length === 1)
    expect(lines[0]).not.toContain('planted')
    expect(here.isReady()).toBe(false)
  })
})
