/**
 * Many tabs of one browser on one server over HTTP/1.1: who uses which transport, what hidden tabs do, and what is seen
 * after the network or the server was away. The provider waits at a gate, so that what is seen before is seen live.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import {
  createGate,
  startScriptedProvider,
  type Script,
  type ScriptedProvider,
} from '../../apps/server/src/providers/testing/index.ts'
import { launchBrowser, openPage } from '../support/browser.ts'
import { startCuttingProxy, type CuttingProxy } from '../support/cuttingProxy.ts'
import { findFreePort, startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { createStudioPage } from '../support/studioPage.ts'
import { readLiveConnections, recordLiveRequests, setVisibility, type LiveRequest } from '../support/tabs.ts'

const isLong = process.env['TEST_LENGTH'] === 'long'
const patience = { timeout: 30_000, interval: 50 }
const beforeGate = 'Paragraph 3:'
const last = 'Paragraph 12:'
const paragraphs = Array.from({ length: 12 }, (_, index) => `Paragraph ${index + 1}: the letter 🌊 lay on the table.`)

let gate = createGate()
let provider: ScriptedProvider
let server: ServerProcess
/** The network between the browser and the server, for tests that take it away. */
let proxy: CuttingProxy
let browser: Browser
let context: BrowserContext
let first: Page
let address: string
/** What each tab has asked for, from its beginning. */
const asked = new Map<Page, readonly LiveRequest[]>()

const halves: Script = async (exchange) => {
  await exchange.head()
  await exchange.text(paragraphs.slice(0, 3).join('\n\n'))
  await Promise.race([gate.opened, exchange.closed])
  if (exchange.isClosed) return
  await exchange.text(`\n\n${paragraphs.slice(3).join('\n\n')}`)
  await exchange.finish()
  await exchange.usage(10, 20)
  await exchange.done()
  await exchange.end()
}

beforeAll(async () => {
  provider = await startScriptedProvider(halves)
  const environment = { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API_KEY: 'scripted-key', OPENAI_MODEL: 'scripted' }
  const port = await findFreePort()
  proxy = await startCuttingProxy(port)
  server = await startServerProcess({ port, environment: { ...environment, ALLOWED_ORIGINS: proxy.url } })
  browser = await launchBrowser()
}, 120_000)

afterAll(async () => {
  gate.open()
  await browser?.close()
  await server?.close()
  await proxy?.close()
  await provider?.close()
})

/** A new person, whose first tab shows a story as far as the gate. */
async function openStory(url: string): Promise<void> {
  gate = createGate()
  const tab = await openPage(browser, url)
  first = tab.page
  context = first.context()
  const studio = createStudioPage(first)
  await studio.signUp()
  asked.set(first, recordLiveRequests(first))
  await studio.createProject('A lighthouse keeper finds a letter.')
  await studio.act('generate')
  await shows(first, beforeGate)
  address = first.url()
}

afterEach(async () => {
  gate.open()
  asked.clear()
  await context.close()
  proxy.cut()
  await expect.poll(liveConnections, patience).toEqual({ sse: 0, webSocket: 0 })
})

async function shows(page: Page, words: string): Promise<void> {
  await page.getByText(words).waitFor()
}

/** So many more tabs, each with the text so far. */
async function openTabs(count: number): Promise<Page[]> {
  return Promise.all(Array.from({ length: count }, () => openTab()))
}

async function openTab(prepare?: () => void): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(patience.timeout)
  asked.set(page, recordLiveRequests(page))
  if (prepare !== undefined) await page.addInitScript(prepare)
  await page.goto(address)
  await shows(page, beforeGate)
  return page
}

/** What a tab asked for after so many requests; nothing where it uses a WebSocket. */
function usedBy(page: Page, after = 0): LiveRequest['procedure'][] {
  return [
    ...new Set(
      asked
        .get(page)
        ?.slice(after)
        .map(({ procedure }) => procedure),
    ),
  ]
}

function liveConnections(): Promise<unknown> {
  return readLiveConnections(server.url)
}

it('B12 ten tabs show a text live, three of them over event streams, and the tenth can still ask', async () => {
  await openStory(server.url)
  const tabs = [first, ...(await openTabs(9))]
  expect(await liveConnections()).toEqual({ sse: 3, webSocket: 7 })
  const tookMs = await tabs[9]!.evaluate(async () => {
    const startedAt = performance.now()
    await (await fetch('/trpc/server.about')).json()
    return performance.now() - startedAt
  })
  expect(tookMs).toBeLessThan(isLong ? 2_000 : 10_000)
  gate.open()
  await Promise.all(tabs.map((page) => shows(page, last)))
})

it('B13 tabs that were offline are caught up with soon after, over each transport', async () => {
  await openStory(proxy.url)
  const tabs = [first, ...(await openTabs(3))]
  expect(await liveConnections()).toEqual({ sse: 3, webSocket: 1 })
  // The browser takes only new requests for offline: it is the network that keeps what is sent on open connections.
  await context.setOffline(true)
  proxy.hold()
  gate.open()
  // The length of the outage is what is tested.
  await new Promise((resolve) => setTimeout(resolve, isLong ? 30_000 : 3_000))
  expect(await Promise.all(tabs.map((page) => page.getByText(last).count()))).toEqual([0, 0, 0, 0])
  const backAt = performance.now()
  proxy.releaseNew()
  await context.setOffline(false)
  await Promise.all(tabs.map((page) => shows(page, last)))
  // Well before the silence of the old connections would have told.
  expect(performance.now() - backAt).toBeLessThan(isLong ? 5_000 : 20_000)
})

it('B14 a restart of the server leaves every tab on the transport it had', async () => {
  await openStory(server.url)
  // A tab without WebSockets is left with polling, once three others have the event streams.
  const streaming = [first, ...(await openTabs(2))]
  const polling = await openTab(() => Reflect.deleteProperty(globalThis, 'WebSocket'))
  const tabs = [...streaming, await openTab(), polling]
  expect(await liveConnections()).toEqual({ sse: 3, webSocket: 1 })
  const before = tabs.map((page) => asked.get(page)?.length)
  await server.kill('SIGTERM')
  // The length of the outage is what is tested.
  await new Promise((resolve) => setTimeout(resolve, isLong ? 10_000 : 1_000))
  await server.start()
  await expect.poll(liveConnections, patience).toEqual({ sse: 3, webSocket: 1 })
  gate.open()
  await Promise.all(tabs.map((page) => shows(page, last)))
  expect(await liveConnections()).toEqual({ sse: 3, webSocket: 1 })
  expect(tabs.map((page, index) => usedBy(page, before[index]))).toEqual([
    ...streaming.map(() => ['live.follow']),
    [],
    ['live.poll'],
  ])
})

it('B15 a hidden tab gives its connection up, and catches up when it is shown', async () => {
  await openStory(server.url)
  const [second] = (await openTabs(1)) as [Page]
  const before = asked.get(second)?.length
  await setVisibility(second, 'hidden')
  await setVisibility(first, 'hidden')
  // One of them follows the workspace for both.
  await expect.poll(liveConnections, patience).toEqual({ sse: 1, webSocket: 0 })
  gate.open()
  await expect.poll(() => first.title(), patience).toMatch(/^\(1\) /)
  expect(await second.getByText(last).count()).toBe(0)
  await setVisibility(second, 'visible')
  await shows(second, last)
  const resumed = asked
    .get(second)
    ?.slice(before)
    .filter(({ projectId }) => projectId !== null)
  expect(resumed).toMatchObject([{ procedure: 'live.follow', cursor: expect.any(String) }])
})

it('B16 the titles of hidden tabs count what has ended, until they are shown', async () => {
  await openStory(server.url)
  const [second, third] = (await openTabs(2)) as [Page, Page]
  const titleBefore = await second.title()
  await setVisibility(second, 'hidden')
  await setVisibility(third, 'hidden')
  await expect.poll(liveConnections, patience).toEqual({ sse: 2, webSocket: 0 })
  gate.open()
  await shows(first, last)
  await expect.poll(() => second.title(), patience).toBe(`(1) ${titleBefore}`)
  await expect.poll(() => third.title(), patience).toBe(`(1) ${titleBefore}`)
  expect(await first.title()).toBe(titleBefore)
  await setVisibility(second, 'visible')
  expect(await second.title()).toBe(titleBefore)
  expect(await third.title()).toBe(`(1) ${titleBefore}`)
})

it('B19 where tabs cannot know of each other each one follows by itself, shown or hidden', async () => {
  await openStory(server.url)
  const tab = await openTab(() => Reflect.deleteProperty(Navigator.prototype, 'locks'))
  await setVisibility(tab, 'hidden')
  await setVisibility(first, 'hidden')
  await expect.poll(liveConnections, patience).toEqual({ sse: 2, webSocket: 0 })
  gate.open()
  await shows(tab, last)
  await expect.poll(() => tab.title(), patience).toMatch(/^\(1\) /)
})
