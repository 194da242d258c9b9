import { once } from 'node:events'
import { request as openRequest, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import type { FollowedEvent } from '@stagewright/client'
import { readPieces, type Arrival, type RawOptions } from './rawPieces.ts'

export async function* readSse(options: RawOptions): AsyncGenerator<Arrival, void> {
  const { response, socket } = await get('tasks.follow', options, 'text/event-stream')
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let id = ''
  let bytes = 0
  for await (const piece of readPieces(response, socket, options)) {
    const blocks = (rest + decoder.write(piece)).split(blockEnd)
    rest = blocks.pop()!
    for (const block of blocks) {
      bytes += Buffer.byteLength(block) + blockEnd.length
      const fields = readFields(block)
      id = fields.get('id') ?? id
      if (fields.get('event') === 'serialized-error') throw new Error(`The server answered ${fields.get('data')}`)
      if (!fields.has('data') || fields.has('event')) continue
      yield { followed: { cursor: id, event: JSON.parse(fields.get('data')!) as FollowedEvent['event'] }, bytes }
    }
  }
}

const blockEnd = '\n\n'

/** The fields of an event, the last one of a name where there are several. */
function readFields(block: string): Map<string, string> {
  const fields = new Map<string, string>()
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).trimStart())
  }
  return fields
}

/** One question and its answer, which counts for nothing when it is cut. */
export async function* readPoll(options: RawOptions): AsyncGenerator<Arrival, void> {
  const { response, socket } = await get('tasks.poll', options, 'application/json')
  const pieces = readPieces(response, socket, options)
  const parts: Buffer[] = []
  for (;;) {
    const step = await pieces.next()
    if (step.done && step.value === 'cut') return
    if (step.done) break
    parts.push(step.value)
  }
  const body = Buffer.concat(parts).toString()
  const { result } = JSON.parse(body) as { result: { data: FollowedEvent[] } }
  // The frame of the answer, and the events one after another with a comma between them.
  let bytes = Buffer.byteLength(body) - Buffer.byteLength(JSON.stringify(result.data))
  for (const followed of result.data) {
    bytes += Buffer.byteLength(JSON.stringify(followed)) + 1
    yield { followed, bytes }
  }
}

async function get(
  procedure: string,
  options: RawOptions,
  accept: string,
): Promise<{ response: IncomingMessage; socket: Socket }> {
  const { taskId, cursor, url, apiKey } = options
  const input = encodeURIComponent(JSON.stringify({ taskId, cursor }))
  const request = openRequest(`${url}/trpc/${procedure}?input=${input}`, {
    agent: false,
    headers: { accept, authorization: `Bearer ${apiKey}` },
  })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  request.on('error', () => undefined)
  if (response.statusCode !== 200) throw new Error(`The server answered with ${response.statusCode}`)
  return { response, socket: response.socket }
}
