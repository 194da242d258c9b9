import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { findChromium } from './systemParts.ts'

/** Pictures of the last run, to be looked at; not kept in the repository. */
const shotsFolder = fileURLToPath(new URL('../../test-results/', import.meta.url))

const flags = [
  // The container's root has no user namespaces for the sandbox.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export type OpenPage = {
  page: Page
  /** What the page complained of: errors on its console, exceptions, requests to foreign hosts. */
  complaints(): readonly string[]
  shoot(name: string): Promise<void>
}

export async function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === null) throw new Error('The browser tests need Chromium: install it, or set CHROMIUM_PATH.')
  return chromium.launch({ executablePath, args: flags })
}

/** A page of its own context (cookies, language, theme), as one person's browser. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<OpenPage> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    locale: 'en-US',
    baseURL: url,
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== new URL(url).origin)
      complaints.push(`foreign request: ${request.url()}`)
  })
  return {
    page,
    complaints: () => complaints,
    async shoot(name) {
      mkdirSync(shotsFolder, { recursive: true })
      await page.screenshot({ path: `${shotsFolder}${name}.png` })
    },
  }
}
