import { once } from 'node:events'
import { request as openRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FollowedEvent } from '@stagewright/client'
import { readPieces, type Arrival, type RawOptions } from './rawPieces.ts'

/** The first byte of a text that comes in one frame. */
const textFrame = 0x81

type SocketMessage = {
  error?: unknown
  result?: { type: string; id?: string; data?: { data: FollowedEvent['event'] } }
}

export async function* readWebSocket(options: RawOptions): AsyncGenerator<Arrival, void> {
  const { url, apiKey, taskId, cursor } = options
  const key = Buffer.from(crypto.randomUUID().slice(0, 16)).toString('base64')
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
    authorization: `Bearer ${apiKey}`,
  }
  const request = openRequest(`${url}/trpc`, { agent: false, headers })
  request.end()
  const { socket, head } = await untilUpgraded(request)
  socket.on('error', () => undefined)
  socket.unshift(head)
  const ask = { id: 1, method: 'subscription', params: { path: 'tasks.follow', input: { taskId, cursor } } }
  socket.write(frameOf(JSON.stringify(ask)))
  let rest = Buffer.alloc(0)
  let bytes = 0
  for await (const piece of readPieces(socket, socket, options)) {
    const { frames, left } = takeFrames(Buffer.concat([rest, piece]))
    rest = Buffer.from(left)
    for (const { text, size } of frames) {
      bytes += size
      if (text === null) continue
      if (text === 'PING') {
        socket.write(frameOf('PONG'))
        continue
      }
      const { error, result } = JSON.parse(text) as SocketMessage
      if (error !== undefined) throw new Error(`The server answered ${text}`)
      if (result?.type === 'data') yield { followed: { cursor: result.id!, event: result.data!.data }, bytes }
      if (result?.type === 'stopped') return
    }
  }
}

async function untilUpgraded(request: ClientRequest): Promise<{ socket: Socket; head: Buffer }> {
  const upgraded = once(request, 'upgrade') as Promise<[IncomingMessage, Socket, Buffer]>
  const refused = once(request, 'response').then(([response]) =>
    Promise.reject(new Error(`The server answered with ${(response as IncomingMessage).statusCode}`)),
  )
  const [, socket, head] = await Promise.race([upgraded, refused])
  return { socket, head }
}

/** A text frame as clients send it: masked, here with zeros, which change nothing. */
export function frameOf(text: string): Buffer {
  const payload = Buffer.from(text)
  const length =
    payload.length < 126
      ? Buffer.from([0x80 | payload.length])
      : Buffer.from([0x80 | 126, payload.length >> 8, payload.length & 0xff])
  return Buffer.concat([Buffer.from([textFrame]), length, Buffer.alloc(4), payload])
}

/** A whole frame: its text (null when it is of another kind) and all its bytes. */
type Frame = { text: string | null; size: number }

/** The whole frames in `bytes`, and the bytes left of one that is still coming. */
function takeFrames(bytes: Buffer): { frames: Frame[]; left: Buffer } {
  const frames: Frame[] = []
  let left = bytes
  for (;;) {
    const size = sizeOfFrame(left)
    if (size === null || left.length < size.head + size.payload) return { frames, left }
    const payload = left.subarray(size.head, size.head + size.payload)
    frames.push({ text: left[0] === textFrame ? payload.toString() : null, size: size.head + size.payload })
    left = left.subarray(size.head + size.payload)
  }
}

/** Null while the head has not come whole. */
function sizeOfFrame(bytes: Buffer): { head: number; payload: number } | null {
  const short = bytes.length < 2 ? 0 : bytes[1]! & 0x7f
  const head = short === 126 ? 4 : short === 127 ? 10 : 2
  if (bytes.length < head) return null
  if (short === 126) return { head, payload: bytes.readUInt16BE(2) }
  return { head, payload: short === 127 ? Number(bytes.readBigUInt64BE(2)) : short }
}
