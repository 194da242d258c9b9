import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { startScriptedProvider, type Script } from './testing/index.ts'
import { answer, failAt, failScript, openProvider, openRawServer, plantedKey } from './testing/scriptedCall.ts'

describe('a provider that is not reached', () => {
  it('connection refused', async () => {
    const provider = await startScriptedProvider(() => undefined)
    await provider.close()
    const failure = await failAt(provider.baseUrl)
    expect(failure).toMatchObject({
      code: 'provider.unreachable',
      transient: true,
      params: { reason: 'ECONNREFUSED', host: `127.0.0.1:${provider.port}` },
    })
  })

  it('a name that is not known', async () => {
    const resolve = () => Promise.reject(Object.assign(new Error(`secret ${plantedKey}`), { code: 'ENOTFOUND' }))
    const failure = await failAt('http://models.test/v1', { allowPrivate: false, resolve })
    expect(failure).toMatchObject({ code: 'provider.unreachable', transient: true, params: { reason: 'ENOTFOUND' } })
  })

  it('TLS that is none', async () => {
    const failure = await failAt(await openRawServer((bytes) => bytes.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'https'))
    expect(failure).toMatchObject({ code: 'provider.unreachable', transient: true })
  })

  it('a handshake that never ends', async () => {
    const failure = await failAt(await openRawServer(() => undefined, 'https'), { limits: { connectTimeoutMs: 50 } })
    expect(failure).toMatchObject({
      code: 'provider.unreachable',
      transient: true,
      params: { reason: 'connectTimeout' },
    })
  })

  it.each([
    ['closes at once', (socket: Socket) => socket.end()],
    ['resets at once', (socket: Socket) => socket.resetAndDestroy()],
    ['ends within its headers', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncont')],
  ])('%s', async (_name, serve) => {
    expect(await failAt(await openRawServer(serve, 'http'))).toMatchObject({
      code: 'provider.unreachable',
      transient: true,
    })
  })

  it('another protocol', async () => {
    const failure = await failAt(await openRawServer((socket) => socket.end('220 mail ESMTP\r\n'), 'http'))
    expect(failure).toMatchObject({ code: 'provider.badAnswer', transient: false })
    expect(failure.message).toMatch(/not HTTP/)
  })

  it('an upgrade nobody asked for', async () => {
    const failure = await failAt(
      await openRawServer(
        (socket) => socket.end('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
        'http',
      ),
    )
    expect(failure).toMatchObject({ code: 'provider.badAnswer', params: { found: 'an unusual status' } })
  })

  it.each(['', 'nonsense', 'ftp://example.com/v1', 'file:///etc/passwd', `http://user:${plantedKey}@127.0.0.1/v1`])(
    'base URL %j',
    async (baseUrl) => {
      const failure = await failAt(baseUrl)
      expect(failure).toMatchObject({ code: 'provider.unreachable', transient: false, params: { reason: 'badUrl' } })
      expect(JSON.stringify(failure)).not.toContain(plantedKey)
    },
  )
})

describe('addresses are checked when connecting', () => {
  it.each(['127.0.0.1', '127.1', '2130706433', '0x7f000001', '017700000001', '[::ffff:127.0.0.1]', 'localhost'])(
    'W13 %s is refused',
    async (host) => {
      const provider = await openProvider(answer(200, {}))
      const failure = await failAt(`http://${host}:${provider.port}/v1`, { allowPrivate: false })
      expect(failure).toMatchObject({
        code: 'provider.unreachable',
        transient: false,
        params: { reason: 'privateAddress' },
      })
      expect(provider.connections).toBe(0)
    },
  )

  it('W13 a name is resolved once for each connection, and that answer is the one checked', async () => {
    const provider = await openProvider(answer(200, {}))
    const asked: string[] = []
    const resolve = async (hostname: string) => {
      asked.push(hostname)
      return [{ address: '127.0.0.1', family: 4 }]
    }
    for (let round = 0; round < 2; round++) {
      const failure = await failAt(`http://models.test:${provider.port}/v1`, { allowPrivate: false, resolve })
      expect(failure).toMatchObject({
        code: 'provider.unreachable',
        transient: false,
        params: { reason: 'privateAddress' },
      })
    }
    expect(asked).toEqual(['models.test', 'models.test'])
    expect(provider.connections).toBe(0)
  })

  it('the operator may allow them', async () => {
    const provider = await openProvider(answer(500, ''))
    expect(await failAt(`http://localhost:${provider.port}/v1`, { allowPrivate: true })).toMatchObject({
      code: 'provider.failed',
    })
    expect(provider.connections).toBe(1)
  })
})

describe('the key', () => {
  it('W15 is in no failure, whatever a provider makes of it', async () => {
    const repeat = `Bad key ${plantedKey} (${plantedKey.slice(0, 10)}…)`
    const scripts: Script[] = [
      ...[400, 401, 402, 403, 404, 422, 429, 500].map((status) =>
        answer(status, { error: { message: repeat, code: plantedKey, type: plantedKey, param: plantedKey } }),
      ),
      answer(400, repeat),
      answer(302, '', { location: `http://${plantedKey}/` }),
      answer(200, { error: { message: repeat } }),
      async (exchange) => {
        await exchange.head()
        await exchange.event({ error: { message: repeat } })
      },
    ]
    for (const script of scripts) {
      const failure = await failScript(script, { limits: { usageGraceMs: 50 } })
      expect(JSON.stringify(failure)).not.toContain(plantedKey.slice(0, 10))
    }
  })

  it('is not hinted at by the words of a provider that refuses it', async () => {
    const failure = await failScript(answer(401, { error: { message: 'Key ending in KEY4 is revoked' } }))
    expect(failure.code).toBe('provider.keyRefused')
    expect(JSON.stringify(failure)).not.toContain('KEY4')
  })

  it.each(['', 'with space', 'line\nbreak', 'ключ'])('W15 %j is refused before anything is sent', async (apiKey) => {
    const provider = await openProvider(answer(200, {}))
    const failure = await failAt(provider.baseUrl, { apiKey })
    expect(failure).toMatchObject({ code: 'provider.keyRefused', transient: false })
    expect(provider.connections).toBe(0)
  })
})
