import { createClient, type Client, type Transport } from '@stagewright/client'

/** A user of a server under test, who reaches it with an API key. */
export type Account = {
  userId: string
  apiKey: string
  /** Of the session it signed up with. */
  cookie: string
  password: string
  /** Over SSE. */
  client: Client
  /** A client of its own for one viewer; closed with the account. */
  clientOver(transport: Transport, url?: string): Client
  close(): void
}

/** Signs up over HTTP and makes an API key. Throws with the server's answer when it refuses. */
export async function signUp(url: string): Promise<Account> {
  const password = `planted-${crypto.randomUUID()}`
  const email = `user-${crypto.randomUUID()}@example.com`
  const answer = await post(`${url}/auth/sign-up/email`, { origin: url }, { email, password, name: 'Test' })
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')
  const { user } = (await answer.json()) as { user: { id: string } }
  const made = await post(`${url}/trpc/apiKeys.create`, { cookie }, { name: 'test' })
  const { result } = (await made.json()) as { result: { data: { key: string } } }
  const apiKey = result.data.key
  const clients: Client[] = []
  const clientOver: Account['clientOver'] = (transport, at = url) => {
    const client = createClient({ url: at, apiKey, transport })
    clients.push(client)
    return client
  }
  const close = (): void => clients.forEach((client) => client.close())
  return { userId: user.id, apiKey, cookie, password, client: clientOver('sse'), clientOver, close }
}

async function post(address: string, headers: Record<string, string>, body: unknown): Promise<Response> {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${address} was answered with ${answer.status}: ${await answer.text()}`)
  return answer
}
