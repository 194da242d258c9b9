import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ReceivedPost = { headers: IncomingHttpHeaders; body: string; atMs: number }

export type ScriptedReceiver = {
  url: string
  received: readonly ReceivedPost[]
  /** The next message of the type, or the first that came. */
  next(type: string): Promise<{ id: string; data: Record<string, unknown>; post: ReceivedPost }>
  close(): Promise<void>
}

/** Somebody else's server on a loopback port; `answer` decides what each message is answered, 200 without it. */
export async function startReceiver(
  answer: (reply: ServerResponse, count: number) => void = (reply) => void reply.end(),
): Promise<ScriptedReceiver> {
  const received: ReceivedPost[] = []
  const given = new Set<ReceivedPost>()
  const server = createServer((request, reply) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(parts).toString(), atMs: performance.now() })
      answer(reply, received.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/jobs`,
    received,
    async next(type) {
      for (;;) {
        const post = received.find((one) => !given.has(one) && (JSON.parse(one.body) as { type: string }).type === type)
        if (post !== undefined) {
          given.add(post)
          const { data } = JSON.parse(post.body) as { data: Record<string, unknown> }
          return { id: String(post.headers['webhook-id']), data, post }
        }
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
