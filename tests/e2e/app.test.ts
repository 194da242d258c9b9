/** An app in a real browser, from its requirement to a page that runs and an archive that unpacks. */
import { strFromU8, unzipSync } from 'fflate'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoWriter, type DemoWriter } from '../../apps/server/src/demo/demoWriter.ts'
import { findBarriers, overflow } from '../support/barriers.ts'
import { launchBrowser, openPage, type OpenPage } from '../support/browser.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { createStudioPage, type StudioPage } from '../support/studioPage.ts'

type Person = { name: string; requirement: string; zip: string; options: BrowserContextOptions }

const people: Person[] = [
  {
    name: 'english',
    requirement: 'A page to split a dinner bill. Several people, a tip in percent, who owes whom.',
    zip: 'All files (ZIP)',
    options: { locale: 'en-US' },
  },
  {
    name: 'chinese-phone-dark',
    requirement: '写一个记录每天喝水量的小页面。可以加一杯、撤销，显示今天还差多少。',
    zip: '全部文件 (ZIP)',
    options: { locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 375, height: 720 } },
  },
]

let writer: DemoWriter
let server: ServerProcess
let browser: Browser

beforeAll(async () => {
  writer = await startDemoWriter({ tokensPerSecond: 1_000, firstTokenMs: 50 })
  const { baseUrl, apiKey, model } = writer
  const environment = { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: apiKey, OPENAI_MODEL: model }
  server = await startServerProcess({ environment })
  browser = await launchBrowser()
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
  await writer?.close()
})

const patience = { timeout: 20_000 }

describe.each(people)('an app by $name', ({ name, requirement, zip, options }) => {
  let tab: OpenPage
  let studio: StudioPage
  let projectId: string

  beforeAll(async () => {
    tab = await openPage(browser, server.url, options)
    studio = createStudioPage(tab.page)
    await studio.signUp()
  })
  afterAll(() => tab?.page.context().close())

  const byId = (id: string) => tab.page.getByTestId(id)
  const kindOf = async (stage: 'validate') =>
    tab.page.evaluate(
      async ([project, key]) => {
        const input = encodeURIComponent(JSON.stringify({ projectId: project, stage: key }))
        const answer = await fetch(`/trpc/stages.versions?input=${input}`)
        return ((await answer.json()).result.data as { kind: string; summary: string | null }[])[0]
      },
      [projectId, stage] as const,
    )

  it('B37 gets a plan whose sections are edited and locked, and stay so when it is run again', async () => {
    await tab.page.goto('/new/code')
    await byId('code-text').fill(requirement)
    await byId('threshold').fill('100')
    expect(await findBarriers(tab.page)).toEqual([])
    await tab.shoot(`app-${name}-new`)
    await byId('create-code').click()
    await tab.page.waitForURL(/\/p\/[0-9a-f-]+\//)
    projectId = /\/p\/([0-9a-f-]+)/.exec(tab.page.url())![1]!
    await studio.act('generate')
    await studio.waitFor('done')
    const first = byId('section').first()
    await first.getByTestId('edit-section').click()
    await first.locator('textarea').fill('Mine alone. 只属于我。')
    await first.getByTestId('save-section').click()
    await expect.poll(() => studio.currentText(projectId, 'plan'), patience).toContain('只属于我')
    await byId('section').first().getByTestId('lock-section').click()
    await expect.poll(() => studio.currentText(projectId, 'plan'), patience).toContain('"locked":true')
    await byId('instruction').fill('section 2: for children too')
    await studio.act('regenerate')
    await expect.poll(() => studio.currentText(projectId, 'plan'), patience).toContain('for children too')
    await studio.waitFor('done')
    expect(JSON.parse(await studio.currentText(projectId, 'plan')).plan[0]).toMatchObject({
      content: 'Mine alone. 只属于我。',
      locked: true,
    })
    expect(await findBarriers(tab.page)).toEqual([])
    expect(await overflow(tab.page)).toBe(0)
    await tab.shoot(`app-${name}-plan`)
  })

  it('B38 stops below the threshold with its reasons, and goes on when that is accepted', async () => {
    await studio.runRest({ pause: false })
    // The studio goes along to the stage that begins.
    await tab.page.waitForURL(/\/execute$/)
    await studio.openStage('validate')
    await studio.waitFor('failed')
    expect(Number(await byId('score').innerText())).toBeLessThan(100)
    expect(await byId('failure').innerText()).not.toBe('')
    await tab.shoot(`app-${name}-refused`)
    await byId('accept').click()
    await studio.waitFor('done')
    expect(await kindOf('validate')).toMatchObject({ kind: 'accepted', summary: expect.stringMatching(/^\d+ < 100$/) })
    await studio.act('next')
    await studio.act('generate')
    await byId('file').nth(1).waitFor()
    await tab.shoot(`app-${name}-streaming`)
    await studio.waitFor('done')
    expect(await byId('file').allInnerTexts()).toEqual(['index.html', 'style.css', 'app.js', 'README.md'])
    expect(await findBarriers(tab.page)).toEqual([])
    expect(await overflow(tab.page)).toBe(0)
    await tab.shoot(`app-${name}-files`)
  })

  it('B39 is tried in a frame that has nothing of the studio', async () => {
    await byId('try').click()
    const frame = tab.page.frameLocator('[data-testid=frame]')
    await frame.locator('#text').fill('Anna')
    await frame.locator('form button').click()
    await frame.locator('#entries li').first().waitFor()
    expect(await frame.locator('#entries li label').innerText()).toBe('Anna')
    const inside = tab.page.frames().find((each) => each.url().includes('/previews/'))!
    const seen = await inside.evaluate(async () => {
      const attempt = (act: () => unknown) => {
        try {
          return String(act())
        } catch (error) {
          return (error as Error).name
        }
      }
      const fetched = await fetch('/health/live').then(
        () => 'answered',
        (error: Error) => error.name,
      )
      return {
        origin: globalThis.origin,
        cookie: attempt(() => document.cookie),
        parent: attempt(() => parent.document.title),
        fetched,
      }
    })
    expect(seen).toEqual({ origin: 'null', cookie: 'SecurityError', parent: 'SecurityError', fetched: 'TypeError' })
    await tab.shoot(`app-${name}-frame`)
    await byId('try').click()
  })

  it('B40 is downloaded as an archive of its files, one of which is written anew', async () => {
    const before = await studio.currentText(projectId, 'generate')
    await byId('file').nth(1).click()
    await byId('instruction').fill('wider')
    await byId('rewrite-file').click()
    await expect.poll(() => studio.currentText(projectId, 'generate'), patience).not.toBe(before)
    await studio.waitFor('done')
    const archive = unzipSync((await studio.exportAs('version', zip)).bytes)
    expect(Object.keys(archive)).toEqual(['index.html', 'style.css', 'app.js', 'README.md'])
    expect(strFromU8(archive['style.css']!)).toContain('wider')
    expect(before).toContain(strFromU8(archive['app.js']!))
    // What the frame tried and was refused is all there is to complain of.
    const own = tab.complaints().filter((line) => !/health\/live|frame with origin|Content Security Policy/.test(line))
    expect(own).toEqual([])
  })
})
