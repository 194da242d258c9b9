/**
 * The studio behind a real nginx that does to live text what proxies do. The provider waits in the middle of its text,
 * so what the page shows then has come through while the rest was not sent; the provider's log is the reference. Which
 * transport carried it is seen by the bytes that arrived in the browser.
 */
import type { Transport } from '@stagewright/client'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askToUpgrade } from '../support/askProxy.ts'
import { launchBrowser, openPage } from '../support/browser.ts'
import { startHeldStory, type HeldStory } from '../support/heldStory.ts'
import { startNginx } from '../support/nginx.ts'
import type { RunningProxy } from '../support/proxyProgram.ts'
import { openStoryTab, readThrough, type StoryTab } from '../support/readThrough.ts'
import { findFreePort, startServerProcess, type ServerProcess } from '../support/serverProcess.ts'

const isLong = process.env['TEST_LENGTH'] === 'long'
/**
 * Nothing for so long, and nginx ends the connection. 60 s is its default, longer than the server's heartbeat of 10 s.
 * The short one is below it, and above the 3 s that a transport is given to come through.
 */
const idleSeconds = isLong ? 60 : 6
const beatsThatOutlastIt = 7

const upgrade = `
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;`

/** An answer without a length waits here until it ends or fills the buffers: so it is over HTTP/1.0, nginx's default. */
const holdBack = `
    proxy_ignore_headers X-Accel-Buffering;
    proxy_buffer_size 64k;
    proxy_buffers 8 1m;
    proxy_busy_buffers_size 2m;`

/** Ways a proxy stands in the way: what is said where everything passes, and where WebSockets do if that is apart. */
const ways = {
  plain: { all: '' },
  sseBlocked: { all: holdBack, webSocket: upgrade },
  webSocketBlocked: { all: 'proxy_http_version 1.1;' },
  idleSse: { all: `${upgrade} proxy_read_timeout ${idleSeconds}s;` },
  idleWebSocket: { all: holdBack, webSocket: `${upgrade} proxy_read_timeout ${idleSeconds}s;` },
  bothBlocked: { all: holdBack },
} satisfies Record<string, { all: string; webSocket?: string }>
type Way = keyof typeof ways
const names = Object.keys(ways) as Way[]

const upgradeMap = 'map $http_upgrade $connection_upgrade { default upgrade; "" ""; }'

let story: HeldStory
let server: ServerProcess
let nginx: RunningProxy
let browser: Browser
const ports = new Map<Way, number>()
const tabs = new Map<Way, StoryTab>()
let silences: Record<'sse' | 'webSocket', Silence>
const addressOf = (way: Way): string => `http://127.0.0.1:${ports.get(way)}`

beforeAll(async () => {
  for (const way of names) ports.set(way, await findFreePort())
  story = await startHeldStory()
  const [first, ...others] = names.map(addressOf)
  server = await startServerProcess({
    environment: { ...story.environment, PUBLIC_URL: first ?? '', ALLOWED_ORIGINS: others.join(',') },
  })
  const sites = names.map(
    (way) => `
  server {
    listen 127.0.0.1:${ports.get(way)};
    ${locationsOf(way)}
  }`,
  )
  nginx = await startNginx([upgradeMap, ...sites].join('\n'))
  browser = await launchBrowser()
  // Together: what finds no way over SSE takes its time to find another.
  await Promise.all(
    names.map(async (way) => tabs.set(way, await openStoryTab((await openPage(browser, addressOf(way))).page))),
  )
  silences = { sse: noteSilence('idleSse', 'sse'), webSocket: noteSilence('idleWebSocket', 'webSocket') }
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await nginx?.stop()
  await server?.close()
  await story?.close()
})

function locationsOf(way: Way): string {
  const { all, webSocket }: { all: string; webSocket?: string } = ways[way]
  const location = (path: string, said: string): string =>
    `location ${path} { proxy_pass http://127.0.0.1:${server.port}; ${said} }`
  return [location('/', all), ...(webSocket === undefined ? [] : [location('= /trpc', webSocket)])].join('\n')
}

type Silence = { begun: number; arrivals: number }

/** Nothing happens in the projects from here on: only the server's heartbeats come, if they come in time. */
function noteSilence(way: Way, transport: Transport): Silence {
  const { watch } = tabs.get(way)!
  return { begun: watch.begun(transport), arrivals: watch.arrivals(transport) }
}

/** Long: heartbeats alone, and one connection, for longer than the limit. Short: cut by it, and back, twice. */
async function sitIdle({ watch }: StoryTab, transport: Transport, since: Silence): Promise<void> {
  if (isLong) {
    const beats = (): number => watch.arrivals(transport) - since.arrivals
    await expect.poll(beats, { timeout: 110_000 }).toBeGreaterThanOrEqual(beatsThatOutlastIt)
    expect(watch.begun(transport)).toBe(since.begun)
  } else await expect.poll(() => watch.begun(transport) - since.begun, { timeout: 60_000 }).toBeGreaterThanOrEqual(2)
}

describe('behind nginx', () => {
  it('B20 with a bare proxy_pass and its default buffering, a story streams over SSE', async () => {
    const tab = tabs.get('plain')!
    expect(await readThrough(tab, story)).toEqual(['sse'])
  })

  it('B21 where SSE is held back, it streams over WebSocket', async () => {
    expect(await askToUpgrade(addressOf('sseBlocked'), addressOf('sseBlocked'))).toBe(101)
    const tab = tabs.get('sseBlocked')!
    expect(await readThrough(tab, story)).toEqual(['webSocket'])
  })

  it('B30 a page that is loaded again there does not try SSE first', async () => {
    const { page, studio, watch } = tabs.get('sseBlocked')!
    const [sse, webSocket] = [watch.begun('sse'), watch.begun('webSocket')]
    await page.reload()
    await expect.poll(() => watch.begun('webSocket'), { timeout: 20_000 }).toBeGreaterThan(webSocket)
    await studio.waitFor('done')
    expect(watch.begun('sse')).toBe(sse)
  })

  it('B22 where no WebSocket comes through, it streams over SSE', async () => {
    expect(await askToUpgrade(addressOf('webSocketBlocked'), addressOf('webSocketBlocked'))).not.toBe(101)
    const tab = tabs.get('webSocketBlocked')!
    expect(await readThrough(tab, story)).toEqual(['sse'])
  })

  it.each([
    ['SSE', 'idleSse', 'sse'],
    ['WebSocket', 'idleWebSocket', 'webSocket'],
  ] as const)(
    'B23 where silence is cut, %s outlives it or comes back, and carries the story',
    async (_, way, carrier) => {
      const tab = tabs.get(way)!
      await sitIdle(tab, carrier, silences[carrier])
      expect(await readThrough(tab, story)).toEqual([carrier])
    },
  )

  it('B24 where neither comes through, it is polled', async () => {
    const tab = tabs.get('bothBlocked')!
    expect(await readThrough(tab, story)).toEqual(['polling'])
  })
})
