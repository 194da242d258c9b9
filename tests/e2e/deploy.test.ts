/** The studio behind the proxies of docs/deploy, over TLS: each of them run from the file that operators copy. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askProxy, askToUpgrade } from '../support/askProxy.ts'
import { launchBrowser, openPage } from '../support/browser.ts'
import { startDeployedCaddy, startDeployedNginx } from '../support/deployedProxies.ts'
import { startHeldStory, type HeldStory } from '../support/heldStory.ts'
import type { RunningProxy } from '../support/proxyProgram.ts'
import { openStoryTab, readThrough } from '../support/readThrough.ts'
import { createStudioPage } from '../support/studioPage.ts'
import { findFreePort, startServerProcess, type ServerProcess } from '../support/serverProcess.ts'

/** Sign-in takes so many tries a minute from one address. */
const tries = 10

let story: HeldStory
let server: ServerProcess
let browser: Browser
const proxies: RunningProxy[] = []
const ports = { nginx: 0, caddy: 0, plain: 0 }
const addressOf = (name: 'nginx' | 'caddy'): string => `https://localhost:${ports[name]}`

beforeAll(async () => {
  for (const name of ['nginx', 'caddy', 'plain'] as const) ports[name] = await findFreePort()
  story = await startHeldStory()
  server = await startServerProcess({
    environment: {
      ...story.environment,
      PUBLIC_URL: addressOf('nginx'),
      ALLOWED_ORIGINS: addressOf('caddy'),
      TRUSTED_PROXIES: '127.0.0.1',
    },
  })
  const serverPort = server.port
  proxies.push(await startDeployedNginx({ serverPort, httpsPort: ports.nginx, httpPort: ports.plain }))
  proxies.push(await startDeployedCaddy({ serverPort, httpsPort: ports.caddy }))
  browser = await launchBrowser()
}, 120_000)

afterAll(async () => {
  await browser?.close()
  for (const proxy of proxies) await proxy.stop()
  await server?.close()
  await story?.close()
})

const json = { 'content-type': 'application/json' }

describe.each(['nginx', 'caddy'] as const)('behind the %s of docs/deploy', (name) => {
  it('B25 a story streams over SSE and TLS, with a secure cookie and no complaint of the browser', async () => {
    const { page, complaints } = await openPage(browser, addressOf(name), { ignoreHTTPSErrors: true })
    const tab = await openStoryTab(page)
    expect(await readThrough(tab, story)).toEqual(['sse'])
    const cookies = await page.context().cookies()
    expect(cookies.map(({ secure, httpOnly }) => ({ secure, httpOnly }))).toContainEqual({
      secure: true,
      httpOnly: true,
    })
    expect(complaints()).toEqual([])
  })

  it('B26 WebSockets come through, from allowed pages only', async () => {
    expect(await askToUpgrade(addressOf(name), addressOf(name))).toBe(101)
    expect(await askToUpgrade(addressOf(name), 'https://evil.example')).toBe(403)
  })

  it('B27 a body that is too large is refused by the server, in its own words', async () => {
    const { page } = await openPage(browser, addressOf(name), { ignoreHTTPSErrors: true })
    await createStudioPage(page).signUp()
    const codeOf = (length: number): Promise<unknown> =>
      page.evaluate(async (count) => {
        const body = JSON.stringify({ pipeline: 'story', input: { text: 'x'.repeat(count) } })
        const headers = { 'content-type': 'application/json' }
        const answer = await fetch('/trpc/projects.create', { method: 'POST', headers, body })
        return answer.json().then(({ error }) => error.data.appCode as unknown, String)
      }, length)
    expect(await codeOf(3_500_000)).toBe('input.tooLong')
    expect(await codeOf(4_500_000)).toBe('request.tooLarge')
  })

  it('B28 people are throttled by the address they come from, whatever they claim', async () => {
    const guess = async (from: string, claimed: string): Promise<number> => {
      const body = JSON.stringify({ email: 'nobody@example.com', password: 'a wrong one' })
      const headers = { ...json, origin: addressOf(name), 'x-forwarded-for': claimed }
      return (await askProxy(`${addressOf(name)}/auth/sign-in/email`, { method: 'POST', headers, body, from })).status
    }
    const [first, second] = name === 'nginx' ? ['127.0.0.2', '127.0.0.3'] : ['127.0.0.4', '127.0.0.5']
    for (let index = 0; index < tries; index++) expect(await guess(first, `203.0.113.${index}`)).toBe(401)
    expect(await guess(first, '203.0.113.200')).toBe(429)
    expect(await guess(second, '203.0.113.200')).toBe(401)
  })

  it('B29 the figures are not shown to the world', async () => {
    expect((await askProxy(`${addressOf(name)}/metrics`)).status).toBe(404)
    expect((await askProxy(`${addressOf(name)}/health/ready`)).status).toBe(200)
  })
})

describe('nginx', () => {
  it('B29 sends who comes without TLS to where it is', async () => {
    const { status, headers } = await askProxy(`http://127.0.0.1:${ports.plain}/p/1`)
    expect([status, headers.location]).toEqual([301, 'https://127.0.0.1/p/1'])
  })
})
