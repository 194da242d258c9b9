import { openServer, type Account, type OpenServer } from '../testing/openServer.ts'
import { createClient } from '@stagewright/client'
import { afterEach, describe, expect, it } from 'vitest'
import { decideMetricsAccess } from '../http/metricsRoute.ts'
import { startScriptedProvider } from '../providers/testing/index.ts'
import { createMetrics, loadWithinMs } from './metrics.ts'

let server: OpenServer | null = null
afterEach(async () => {
  await server?.close()
  server = null
})

/** Samples by name and labels, as `name{a="b"}`. */
async function scrape(headers: Record<string, string> = {}): Promise<Map<string, number>> {
  const answer = await fetch(`${server!.url}/metrics`, { headers })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('text/plain')
  return samplesOf(await answer.text())
}

function samplesOf(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )
}

async function runTask({ client }: Account): Promise<string> {
  const { projectId } = await client.projects.create.mutate({ pipeline: 'story', input: { text: 'A lighthouse' } })
  return (await client.tasks.create.mutate({ projectId, stages: ['rewrite'] })).taskId
}

describe('the metrics of a server', { timeout: 60_000 }, () => {
  it('Q2 tell of tasks, calls, delays and viewers what has happened', async () => {
    server = await openServer()
    const account = await server.signUp('anna@example.com')
    const overSocket = createClient({ url: server.url, apiKey: account.apiKey, transport: 'webSocket' })
    const taskId = await runTask(account)
    const watch = async (client: typeof overSocket): Promise<void> => {
      for await (const view of client.follow(taskId)) if (view.end !== null) return
    }
    const watching = [watch(account.client), watch(overSocket)]
    for await (const view of account.client.follow(taskId)) if ((view.current?.text.length ?? 0) > 100) break
    const during = await scrape()
    expect(during.get('stagewright_tasks{state="running"}')).toBe(1)
    expect(during.get('stagewright_queue_jobs{state="held"}')).toBe(1)
    expect(during.get('stagewright_worker_running')).toBe(1)
    expect(during.get('stagewright_viewers{transport="sse"}')).toBeGreaterThanOrEqual(1)
    expect(during.get('stagewright_viewers{transport="webSocket"}')).toBe(1)
    expect(during.get('stagewright_database_up')).toBe(1)
    await Promise.all(watching)
    overSocket.close()

    const after = await scrape()
    expect(after.get('stagewright_tasks_created_total')).toBe(1)
    expect(after.get('stagewright_tasks_ended_total{status="completed",code=""}')).toBe(1)
    expect(after.get('stagewright_provider_calls_total{provider="Demo writer",outcome="stop"}')).toBe(1)
    expect(after.get('stagewright_first_token_seconds_count{provider="Demo writer"}')).toBe(1)
    expect(after.get('stagewright_stream_lag_seconds_count')).toBeGreaterThanOrEqual(1)
    const [sum, count] = ['sum', 'count'].map((name) => after.get(`stagewright_stream_lag_seconds_${name}`)!)
    // A frame is 16 ms; a second would be a figure of something else.
    expect(sum! / count!).toBeLessThan(1)
    expect(after.get('stagewright_follows_total{transport="sse",kind="new"}')).toBe(2)
    expect(after.get('stagewright_follows_total{transport="webSocket",kind="new"}')).toBe(1)
    expect(after.get('stagewright_event_loop_delay_seconds')).toBeGreaterThanOrEqual(0)
    expect(after.get('process_resident_memory_bytes')).toBeGreaterThan(1e7)
  })

  it('Q2 tell the failures of a provider by their code', async () => {
    await using provider = await startScriptedProvider((exchange) =>
      exchange.answer(401, { error: { message: 'no such key' } }),
    )
    server = await openServer({
      environment: { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API_KEY: 'wrong', OPENAI_MODEL: 'scripted' },
    })
    const account = await server.signUp('anna@example.com')
    const task = await account.client.finished(await runTask(account))
    const code = task.error!.code
    const samples = await scrape()
    expect(samples.get(`stagewright_tasks_ended_total{status="failed",code="${code}"}`)).toBe(1)
    const calls = [...samples].filter(([name]) => name.startsWith('stagewright_provider_calls_total'))
    expect(calls.map(([name, count]) => [name.includes(`outcome="${code}"`), count])).toEqual([[true, 1]])
  })

  it('Q3 come also while the database does not answer, and say so', async () => {
    const metrics = createMetrics()
    const nothing = { projects: 0, workspaces: 0, tails: 0, followers: 0, listeners: 0 }
    let asked = 0
    metrics.read({
      engine: { runningCount: () => 0 },
      feed: { sizes: () => nothing },
      slots: 1,
      viewers: { count: () => 0 },
      loopDelayMs: () => 0,
      readLoad: () => {
        asked += 1
        return new Promise(() => undefined)
      },
    })
    const startedAt = performance.now()
    const samples = samplesOf(await metrics.text())
    expect(performance.now() - startedAt).toBeLessThan(10 * loadWithinMs)
    expect(samples.get('stagewright_database_up')).toBe(0)
    expect([...samples.keys()].filter((name) => name.startsWith('stagewright_tasks{'))).toEqual([])
    // Another scrape at once asks it nothing.
    await metrics.text()
    expect(asked).toBe(1)
  })

  it('Q4 are told to this machine, not through a proxy on it, and to who bears the token', async () => {
    server = await openServer()
    expect((await fetch(`${server.url}/metrics`, { headers: { 'x-forwarded-for': '1.2.3.4' } })).status).toBe(403)
    await server.close()
    server = await openServer({ environment: { METRICS_TOKEN: 'a token for scraping' } })
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401)
    expect((await scrape({ authorization: 'Bearer a token for scraping' })).size).toBeGreaterThan(10)
  })

  it.each([
    ['127.0.0.1', {}, null, null],
    ['::ffff:127.0.0.1', {}, null, null],
    ['::1', {}, null, null],
    ['10.0.0.7', {}, null, 403],
    ['127.0.0.1', { forwarded: 'for=1.2.3.4' }, null, 403],
    ['127.0.0.1', {}, 'secret', 401],
    ['10.0.0.7', { authorization: 'Bearer secret' }, 'secret', null],
    ['10.0.0.7', { authorization: 'Bearer secretx' }, 'secret', 401],
  ])('Q4 are told or not to %s with %j, token %s: %s', (address, headers, token, status) => {
    expect(decideMetricsAccess({ address, headers }, { token })?.status ?? null).toBe(status)
  })
})
