/** What a person meets on a new server with no key: the account, the demo writer, both languages, a phone, both themes. */
import { copyFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBarriers, overflow } from '../support/barriers.ts'
import { launchBrowser, openPage } from '../support/browser.ts'
import { startCuttingProxy } from '../support/cuttingProxy.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { createStudioPage } from '../support/studioPage.ts'

const readmePicture = fileURLToPath(new URL('../../docs/images/studio.png', import.meta.url))

let server: ServerProcess
let browser: Browser

beforeAll(async () => {
  server = await startServerProcess({ isFirst: true })
  browser = await launchBrowser()
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
})

type Person = { name: string; topic: string; says: string; options: BrowserContextOptions }

const people: Person[] = [
  {
    name: 'english',
    topic: 'A lighthouse keeper finds a letter addressed to the sea.',
    says: 'Writing',
    options: { locale: 'en-US' },
  },
  {
    name: 'chinese-phone-dark',
    topic: '守塔人捡到一封寄给大海的信，决定亲自把它送到。',
    says: '生成中',
    options: { locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 375, height: 720 } },
  },
]

describe('a first run with the demo writer', () => {
  it('B10 leads to sign-up while there is no account, and to sign-in afterwards', async () => {
    const first = await openPage(browser, server.url)
    await first.page.goto('/')
    await first.page.waitForURL(/\/sign-up/)
    await createStudioPage(first.page).signUp()
    await first.page.context().close()
    const second = await openPage(browser, server.url)
    await second.page.goto('/')
    await second.page.waitForURL(/\/sign-in/)
    expect(second.complaints()).toEqual([])
    await second.page.context().close()
  })

  it('B31 says what is wrong where the page has an address that the server does not know', async () => {
    await using proxy = await startCuttingProxy(server.port)
    const { page } = await openPage(browser, proxy.url)
    await createStudioPage(page).signUp()
    await page.goto('/new')
    await page.locator('textarea').first().fill('A lighthouse')
    await page.locator('form button[type=submit]').click()
    expect(await page.getByText('PUBLIC_URL').innerText()).toContain('ALLOWED_ORIGINS')
    await page.context().close()
  })

  // The demo writer takes its time, so both are served at once.
  it.concurrent.each(people)(
    'B11 streams a story in the language of its topic, whole, without barriers: $name',
    async ({ name, topic, says, options }) => {
      const tab = await openPage(browser, server.url, options)
      const studio = createStudioPage(tab.page)
      await studio.signUp()
      const barriers = [await findBarriers(tab.page)]
      const projectId = await studio.createProject(topic)
      await studio.act('generate')
      await studio.waitFor('streaming')
      expect(await tab.page.getByTestId('status').innerText()).toContain(says)
      expect(await tab.page.getByTestId('demo-chip').count()).toBe(1)
      await studio.waitFor('done')
      const text = await studio.currentText(projectId, 'rewrite')
      expect(text.length).toBeGreaterThan(300)
      expect(/\p{Script=Han}/u.test(text)).toBe(/\p{Script=Han}/u.test(topic))
      await studio.openStage('storyboard')
      await studio.act('generate')
      await studio.rows().nth(2).waitFor()
      await tab.shoot(name)
      if (name === 'english' && process.env['UPDATE_PICTURES'] === '1') {
        copyFileSync(fileURLToPath(new URL('../../test-results/english.png', import.meta.url)), readmePicture)
      }
      await studio.waitFor('done')
      barriers.push(await findBarriers(tab.page))
      expect(barriers.flat()).toEqual([])
      expect(await overflow(tab.page)).toBe(0)
      expect(tab.complaints()).toEqual([])
      await tab.page.context().close()
    },
  )
})
