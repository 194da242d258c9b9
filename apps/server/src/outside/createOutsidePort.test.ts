import type { OutsideMessage } from '@stagewright/core'
import { Webhook } from 'standardwebhooks'
import { afterEach, describe, expect, it } from 'vitest'
import { createKeyVault } from '../providers/keyVault.ts'
import { createUploadTokens } from './uploadTokens.ts'
import { createOutsidePort, type OutsideOptions } from './createOutsidePort.ts'
import { startReceiver, type ScriptedReceiver } from './testing/scriptedReceiver.ts'

const vault = createKeyVault('a secret key of the server', 'outside-secrets')
const opened: ScriptedReceiver[] = []
afterEach(async () => void (await Promise.all(opened.splice(0).map((receiver) => receiver.close()))))

const uploads = createUploadTokens('a secret key of the server')

async function receive(answer?: Parameters<typeof startReceiver>[0]): Promise<ScriptedReceiver> {
  const receiver = await startReceiver(answer)
  opened.push(receiver)
  return receiver
}

function openPort(options: Partial<OutsideOptions> = {}) {
  const port = createOutsidePort({
    vault,
    sharedSecret: null,
    uploads,
    allowPrivate: true,
    ownUrl: () => 'https://studio.example',
    ...options,
  })
  const { secret, sealed } = port.makeSecret('owner')
  const messageTo = (url: string): OutsideMessage => ({
    id: 'message-1',
    url,
    owner: { kind: 'webhook', id: 'owner', secretEncrypted: sealed },
    event: 'task.failed',
    createdAt: new Date(0),
    data: { taskId: 't' },
  })
  const send = (url: string, signal = AbortSignal.timeout(5_000)) => port.send(messageTo(url), signal)
  return { port, secret, messageTo, send }
}

describe('what is sent to the outside', () => {
  it('V24 is one signed POST, and nothing of this server but that', async () => {
    const receiver = await receive((reply) => reply.writeHead(201, { 'retry-after': '3' }).end('x'.repeat(5_000)))
    const { secret, send } = openPort()
    const answer = await send(receiver.url)
    expect(answer).toEqual({ type: 'answered', status: 201, retryAfterMs: 3_000, body: 'x'.repeat(1_024) })
    expect(receiver.received).toHaveLength(1)
    const { body, headers } = receiver.received[0]!
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({
      type: 'task.failed',
      timestamp: '1970-01-01T00:00:00.000Z',
      data: { taskId: 't' },
    })
    expect(Object.keys(headers).toSorted()).toEqual([
      'accept-encoding',
      'connection',
      'content-length',
      'content-type',
      'host',
      'user-agent',
      'webhook-id',
      'webhook-signature',
      'webhook-timestamp',
    ])
  })

  it('V24 follows no redirect, and waits no longer than it is told to', async () => {
    const inner = await receive()
    const redirecting = await receive((reply) => reply.writeHead(307, { location: inner.url }).end())
    const { send } = openPort()
    expect(await send(redirecting.url)).toMatchObject({ type: 'answered', status: 307 })
    expect(inner.received).toEqual([])
    const silent = await receive(() => {})
    const startedAt = performance.now()
    expect(await send(silent.url, AbortSignal.timeout(50))).toMatchObject({ type: 'unreachable' })
    const endless = await receive((reply) => void reply.writeHead(200).write('y'))
    expect(await send(endless.url, AbortSignal.timeout(50))).toMatchObject({ type: 'answered', status: 200 })
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })

  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.1',
    '017700000001',
    '0',
    '[::]',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    'localhost',
    'name.test',
    'mixed.test',
  ])('W13 V25 never reaches %s', async (host) => {
    const receiver = await receive()
    const resolve = async (name: string) =>
      name === 'mixed.test'
        ? [
            { address: '1.1.1.1', family: 4 },
            { address: '127.0.0.1', family: 4 },
          ]
        : [{ address: '127.0.0.1', family: 4 }]
    const { send } = openPort({ allowPrivate: false, resolve })
    const url = receiver.url.replace('127.0.0.1', host)
    expect(await send(url)).toMatchObject({ type: 'refused', problem: expect.stringContaining('private network') })
    expect(receiver.received).toEqual([])
  })

  it.each([
    '169.254.169.254',
    '2852039166',
    '0xa9fea9fe',
    '[fd00:ec2::254]',
    '[fd00::1]',
    '[fe80::1]',
    '10.0.0.1',
    '192.168.1.1',
  ])('W13 V25 never asks %s, and says so when it is entered', async (host) => {
    const { port, send } = openPort({ allowPrivate: false })
    expect(port.findProblem(`http://${host}/latest`)).toContain('private network')
    expect(await send(`http://${host}/latest`)).toMatchObject({ type: 'refused' })
  })

  it('W13 V25 looks at the answers of each connection: a name that turns inwards is refused then', async () => {
    const receiver = await receive()
    let asked = 0
    const resolve = async () => {
      asked += 1
      if (asked === 1) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
      return [{ address: '127.0.0.1', family: 4 }]
    }
    const { send } = openPort({ allowPrivate: false, resolve })
    const url = receiver.url.replace('127.0.0.1', 'turning.test')
    expect(await send(url)).toEqual({ type: 'unreachable', problem: 'it cannot be reached (ENOTFOUND)' })
    expect(await send(url)).toMatchObject({ type: 'refused' })
    expect(asked).toBe(2)
    expect(receiver.received).toEqual([])
  })

  it('V25 reaches private addresses where the operator allows it', async () => {
    const receiver = await receive()
    const { port, send } = openPort()
    expect(port.findProblem(receiver.url)).toBeNull()
    expect(await send(receiver.url)).toMatchObject({ type: 'answered', status: 200 })
  })

  it('V26 is refused when its secret was sealed for another row or with another key', async () => {
    const receiver = await receive()
    const { port, messageTo } = openPort()
    const message = messageTo(receiver.url)
    const owner = { ...message.owner, id: 'another' }
    expect(await port.send({ ...message, owner }, AbortSignal.timeout(1_000))).toMatchObject({ type: 'refused' })
    const providers = createKeyVault('a secret key of the server')
    const foreign = createOutsidePort({
      vault: providers,
      sharedSecret: null,
      uploads,
      allowPrivate: true,
      ownUrl: () => '',
    })
    expect(await foreign.send(message, AbortSignal.timeout(1_000))).toMatchObject({ type: 'refused' })
    expect(receiver.received).toEqual([])
  })
})
