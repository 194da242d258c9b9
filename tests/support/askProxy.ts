import { request as askHttp, type IncomingMessage } from 'node:http'
import { request as askHttps } from 'node:https'

export type ProxyQuestion = {
  method?: string
  headers?: Record<string, string>
  body?: string
  /** The address to ask from, of this machine. */
  from?: string
}

export type ProxyAnswer = { status: number; headers: IncomingMessage['headers']; body: string }

/** One request on a connection of its own, whoever signed the certificate. A taken upgrade is answered with 101. */
export function askProxy(address: string, { method, headers, body, from }: ProxyQuestion = {}): Promise<ProxyAnswer> {
  const options = {
    agent: false as const,
    method: method ?? 'GET',
    headers: headers ?? {},
    family: 4,
    ...(from === undefined ? {} : { localAddress: from }),
  }
  return new Promise((resolve, reject) => {
    const request = address.startsWith('https:')
      ? askHttps(address, { ...options, rejectUnauthorized: false })
      : askHttp(address, options)
    request.on('upgrade', (answer, socket) => {
      socket.destroy()
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: '' })
    })
    request.on('response', (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }))
      answer.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

/** With what status a page's opening WebSocket is answered. */
export async function askToUpgrade(address: string, origin: string): Promise<number> {
  const { status } = await askProxy(`${address}/trpc`, {
    headers: {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.from('0123456789abcdef').toString('base64'),
      origin,
    },
  })
  return status
}
