/** A report in a real browser, from its brief to its downloaded file, written by a provider at a pace of its own. */
import mammoth from 'mammoth'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoWriter, type DemoWriter } from '../../apps/server/src/demo/demoWriter.ts'
import { findBarriers, overflow } from '../support/barriers.ts'
import { launchBrowser, openPage, type OpenPage } from '../support/browser.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { createStudioPage, type StudioPage } from '../support/studioPage.ts'

type Person = { name: string; brief: string; wish: string; title: string; word: string; options: BrowserContextOptions }

const people: Person[] = [
  {
    name: 'english',
    brief: 'Night buses in a town of 40,000 people. Two lines ran until 2019. Taxis are rare after eleven.',
    wish: 'shorter',
    title: 'Night buses in a town of 40,000 people',
    word: 'Word document',
    options: { locale: 'en-US' },
  },
  {
    name: 'chinese-phone-dark',
    brief: '城市共享单车的停放问题。我们管理 3 个街道，共有 1200 辆车。高峰时段投诉集中在地铁口。',
    wish: '短一点',
    title: '城市共享单车的停放问题',
    word: 'Word 文档',
    options: { locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 375, height: 720 } },
  },
]

let writer: DemoWriter
let server: ServerProcess
let browser: Browser

beforeAll(async () => {
  writer = await startDemoWriter({ tokensPerSecond: 400, firstTokenMs: 50 })
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

describe.each(people)('a report by $name', ({ name, brief, wish, title, word, options }) => {
  let tab: OpenPage
  let studio: StudioPage
  let projectId: string
  let whole: string

  beforeAll(async () => {
    tab = await openPage(browser, server.url, options)
    studio = createStudioPage(tab.page)
    await studio.signUp()
  })
  afterAll(() => tab?.page.context().close())

  const headings = () => tab.page.getByTestId('text').locator('h2').allInnerTexts()
  const headingsOf = (text: string) => [...text.matchAll(/^## (.+)$/gm)].map((found) => found[1])

  it('B33 gets an outline, and is written section by section, also where the page is loaded again', async () => {
    projectId = await studio.createProject(brief, 'report')
    await studio.act('generate')
    await studio.waitFor('done')
    const outline = await studio.currentText(projectId, 'outline')
    await expect.poll(headings, patience).toEqual(headingsOf(outline))
    await studio.act('next')
    await studio.act('generate')
    await tab.page.getByTestId('section').nth(1).waitFor()
    await studio.waitFor('streaming')
    await tab.shoot(`report-${name}-streaming`)
    await tab.page.reload()
    await studio.waitFor('done')
    whole = await studio.currentText(projectId, 'report')
    expect(headingsOf(whole)).toEqual(headingsOf(outline))
    await expect.poll(headings, patience).toEqual(headingsOf(outline))
    expect(await findBarriers(tab.page)).toEqual([])
    expect(await overflow(tab.page)).toBe(0)
    await tab.shoot(`report-${name}-done`)
  })

  it('B34 has a page of its own to be looked at, which runs nothing', async () => {
    const [page] = await Promise.all([tab.page.context().waitForEvent('page'), tab.page.getByTestId('preview').click()])
    await page.waitForLoadState()
    expect(page.url()).toContain('/previews/')
    expect(await page.locator('h2').allInnerTexts()).toEqual(headingsOf(whole))
    expect(await page.evaluate(() => globalThis.origin)).toBe('null')
    await page.close()
  })

  it('B35 has one section written anew, with a wish, and the others stay', async () => {
    await tab.page.getByTestId('instruction').fill(wish)
    const section = tab.page.getByTestId('section').nth(1)
    await section.hover()
    await tab.shoot(`report-${name}-section`)
    await section.getByTestId('rewrite-section').click()
    await expect.poll(() => studio.currentText(projectId, 'report'), patience).not.toBe(whole)
    await studio.waitFor('done')
    const anew = await studio.currentText(projectId, 'report')
    const parts = (text: string) => text.split(/^(?=## )/m)
    expect(anew.length).toBeLessThan(whole.length)
    expect(parts(anew).filter((part, at) => part !== parts(whole)[at])).toHaveLength(1)
    expect(parts(anew)[2]!.split('\n')[0]).toBe(parts(whole)[2]!.split('\n')[0])
  })

  it('B36 is stopped in the middle of a section and gone on with', async () => {
    await studio.act('regenerate')
    await tab.page.getByTestId('section').nth(2).waitFor()
    await studio.act('stop')
    await studio.waitFor('stopped')
    await tab.shoot(`report-${name}-stopped`)
    await tab.page.getByTestId('continue').click()
    await studio.waitFor('done')
    await expect.poll(() => studio.currentText(projectId, 'report'), patience).toBe(whole)
  })

  it('B33 is downloaded as a document of its sections', async () => {
    const file = await studio.exportAs('version', word)
    expect(file.name).toContain(title)
    const { value } = await mammoth.convertToHtml({ buffer: file.bytes })
    const told = [...value.matchAll(/<h2>(.+?)<\/h2>/g)].map((found) => found[1]!.replace(/<[^>]+>/g, ''))
    expect(told).toEqual(headingsOf(whole))
    expect(tab.complaints()).toEqual([])
  })
})
