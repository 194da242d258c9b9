/** Viewers that may use another transport, and a real server that goes down while it still answers. */
import { createClient, type Permit, type Transport } from '@stagewright/client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { signUp, type Account } from '../support/account.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { readLiveConnections } from '../support/tabs.ts'

const viewers = 20
const patience = { timeout: 30_000 }

let server: ServerProcess
let account: Account

beforeAll(async () => {
  server = await startServerProcess()
  account = await signUp(server.url)
})

afterAll(async () => {
  account?.close()
  await server?.close()
})

it.each([
  [['sse', 'webSocket', 'polling'], { sse: viewers, webSocket: 0 }],
  [['webSocket', 'polling'], { sse: 0, webSocket: viewers }],
] satisfies [Transport[], object][])(
  'C19 a restart leaves all viewers on what they had: %s',
  async (transports, held) => {
    const { projectId } = await account.client.projects.create.mutate({
      pipeline: 'story',
      input: { text: 'A story.' },
    })
    const client = createClient({ url: server.url, apiKey: account.apiKey, transport: 'auto' })
    const permit = async (): Promise<Permit> => ({ transports, signal: new AbortController().signal })
    const following = Array.from({ length: viewers }, () => drain(client.followProject(projectId, { permit })))
    await expect.poll(() => readLiveConnections(server.url), patience).toEqual(held)
    await server.kill('SIGTERM')
    await server.start()
    await expect.poll(() => readLiveConnections(server.url), patience).toEqual(held)
    client.close()
    await Promise.all(following)
    await expect.poll(() => readLiveConnections(server.url), patience).toEqual({ sse: 0, webSocket: 0 })
  },
)

async function drain(views: AsyncIterable<unknown>): Promise<void> {
  for await (const view of views) void view
}
