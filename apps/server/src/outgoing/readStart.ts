import type { IncomingMessage } from 'node:http'

/** The beginning of an answer's body, as text; however it ends, what came is what there is to say. The rest is not read. */
export async function readStart(message: IncomingMessage, maxBytes: number): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of message as AsyncIterable<Buffer>) {
      parts.push(part)
      bytes += part.length
      if (bytes >= maxBytes) break
    }
  } catch {
    // Cut in the middle: its status says enough.
  }
  message.destroy()
  return Buffer.concat(parts).subarray(0, maxBytes).toString('utf8')
}
