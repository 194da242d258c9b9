/** The client against the real server, over each transport, through a network that breaks. */
import { createClient, TRPCClientError, type Client, type FeedView, type Transport } from '@stagewright/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { signUp, type Account } from '../support/account.ts'
import { startCuttingProxy } from '../support/cuttingProxy.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { startStoryProvider, type StoryProvider } from '../support/storyProvider.ts'
import { watchTask } from '../support/viewerRecord.ts'

const transports = ['sse', 'webSocket', 'polling'] as const
const unknownId = '00000000-0000-7000-8000-00000000dead'
const fast = { tokens: 300, tokensPerSecond: Infinity }
const steady = { tokens: 300, tokensPerSecond: 150 }

let provider: StoryProvider
let server: ServerProcess
let account: Account

beforeAll(async () => {
  provider = await startStoryProvider(7, fast)
  server = await startServerProcess({ environment: provider.environment })
  account = await signUp(server.url)
})

afterAll(async () => {
  account?.close()
  await server?.close()
  await provider?.close()
})

async function createTask(stages: string[] = ['rewrite']): Promise<{ projectId: string; taskId: string }> {
  const { projectId } = await account.client.projects.create.mutate({ pipeline: 'story', input: { text: 'A story.' } })
  const { taskId } = await account.client.tasks.create.mutate({ projectId, stages })
  return { projectId, taskId }
}

/** The stored text of a view's only rewrite. */
async function storedText(view: FeedView | null): Promise<string> {
  const rewriteId = view?.end?.rewrites[0]?.rewriteId ?? ''
  return (await account.client.stages.version.query({ rewriteId })).text
}

/** What a client throws; fails when it throws nothing, or not at once. */
async function refusalOf(client: Client, taskId: string): Promise<{ appCode: string | undefined; afterMs: number }> {
  const startedAt = performance.now()
  try {
    await drain(client.follow(taskId))
  } catch (error) {
    if (!(error instanceof TRPCClientError)) throw error
    return {
      appCode: (error.data as { appCode?: string } | undefined)?.appCode,
      afterMs: performance.now() - startedAt,
    }
  }
  throw new Error('Following ended quietly.')
}

describe.each(transports)('over %s', (transport: Transport) => {
  it('C1 shows the whole text of every stage, as the provider sent it and as it is stored', async () => {
    provider.setPace(fast)
    const { taskId } = await createTask(['rewrite', 'storyboard'])
    const { record, finished } = watchTask(account.clientOver(transport), taskId, transport)
    await finished
    expect(record.view?.end).toMatchObject({
      status: 'completed',
      rewrites: [{ stage: 'rewrite' }, { stage: 'storyboard' }],
    })
    expect(record.view?.current?.stage).toBe('storyboard')
    const first = [...(record.view?.texts.values() ?? [])].find(({ stage }) => stage === 'rewrite')
    expect(first?.text).toBe(await storedText(record.view))
    expect(provider.log().map(({ sentText }) => sentText)).toContain(first?.text)
    expect(record.repairs).toEqual([])
  })

  it('C2 goes on where it was when its connection is cut, and asks for nothing twice', async () => {
    provider.setPace(steady)
    await using proxy = await startCuttingProxy(server.port)
    const { taskId } = await createTask()
    const client = account.clientOver(transport, proxy.url)
    const { record, finished, until } = watchTask(client, taskId, transport)
    for (const length of [100, 400, 700]) {
      await until((view) => (view.current?.text.length ?? 0) >= length)
      proxy.cut(length === 400 ? 'end' : 'reset')
    }
    await finished
    expect(record.view?.current?.text).toBe(await storedText(record.view))
    expect(record.repairs).toEqual([])
    // Polling makes a connection when it needs one, so a cut between two questions goes unnoticed.
    if (transport !== 'polling') expect(record.connections.length).toBeGreaterThanOrEqual(4)
    for (const connection of record.connections.slice(1)) {
      const opened = connection.find(({ event }) => 'type' in event && event.type === 'open')
      if (opened !== undefined) expect(opened.event).not.toMatchObject({ from: 0 })
    }
  })

  it('C3 comes back to a server that was stopped and started again', async () => {
    provider.setPace(steady)
    const { taskId } = await createTask()
    const states: string[] = []
    const client = account.clientOver(transport)
    const watching = watchTask(client, taskId, transport)
    const follows = client.follow(taskId, { onConnection: (state) => states.push(state) })
    const second = (async () => {
      let last: FeedView | null = null
      for await (const view of follows) last = view
      return last
    })()
    await watching.until((view) => (view.current?.text.length ?? 0) >= 100)
    await server.kill('SIGTERM')
    await server.start()
    await watching.finished
    expect(watching.record.view?.current?.text).toBe(await storedText(watching.record.view))
    expect((await second)?.current?.text).toBe(watching.record.view?.current?.text)
    // A server that is back before the next question was never away for who only asks now and then.
    if (transport !== 'polling') expect(states.slice(0, 4)).toEqual(['connecting', 'connected', 'away', 'connected'])
  })

  it('C4 throws at once what will not change: a wrong key, an unknown task, a task of somebody else', async () => {
    provider.setPace(fast)
    const { taskId } = await createTask()
    const stranger = createClient({ url: server.url, apiKey: 'sw_wrong', transport })
    const other = await signUp(server.url)
    const client = account.clientOver(transport)
    const refusals = [
      await refusalOf(stranger, taskId),
      await refusalOf(client, unknownId),
      await refusalOf(other.clientOver(transport), taskId),
      await refusalOf(client, 'no id'),
    ]
    other.close()
    expect(refusals.map(({ appCode }) => appCode)).toEqual(['auth.required', 'notFound', 'notFound', 'input.invalid'])
    expect(Math.max(...refusals.map(({ afterMs }) => afterMs))).toBeLessThan(5_000)
  })

  it('C5 finishes with a task that ended long ago, and with one that is running', async () => {
    provider.setPace(fast)
    const { taskId } = await createTask()
    const client = account.clientOver(transport)
    expect(await client.finished(taskId)).toMatchObject({ id: taskId, status: 'completed' })
    expect(await client.finished(taskId)).toMatchObject({ id: taskId, status: 'completed' })
  })

  it('C6 ends quietly with its signal, with the client, and when its reader leaves while waiting', async () => {
    const { projectId } = await createTask()
    const client = account.clientOver(transport)
    await using proxy = await startCuttingProxy(server.port)
    const viaProxy = createClient({ url: proxy.url, apiKey: account.apiKey, transport })
    const leaving = new AbortController()

    const bySignal = client.followProject(projectId, { signal: leaving.signal })
    await bySignal.next()
    const waiting = drain(bySignal)
    leaving.abort()
    await waiting

    const byReturn = client.followProject(projectId)
    await byReturn.next()
    const pending = drain(byReturn)
    await byReturn.return()
    await pending

    const byClose = viaProxy.followProject(projectId)
    await byClose.next()
    const rest = drain(byClose)
    viaProxy.close()
    await rest
    if (transport !== 'polling')
      await expect
        .poll(() => proxy.connections.filter(({ isOpen }) => isOpen).length)
        .toBeLessThanOrEqual(transport === 'sse' ? 1 : 0)

    const before = client.follow(unknownId, { signal: AbortSignal.abort() })
    expect(await before.next()).toEqual({ done: true, value: undefined })
    await expect(client.finished(unknownId, { signal: AbortSignal.abort(new Error('gone')) })).rejects.toThrow('gone')
  })
})

/** Reads what still comes, until it ends. */
async function drain(views: AsyncGenerator<FeedView, void>): Promise<void> {
  for await (const view of views) void view
}
