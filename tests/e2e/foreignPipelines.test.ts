/** Every pipeline in a real browser, from what it begins with to what is downloaded, by a provider that is not ours. */
import { readFile } from 'node:fs/promises'
import { strFromU8, unzipSync } from 'fflate'
import mammoth from 'mammoth'
import type { Browser, Download } from 'playwright-core'
import SrtParser from 'srt-parser-2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, type OpenPage } from '../support/browser.ts'
import { startForeignProvider } from '../support/foreignProvider.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { createStudioPage, type StudioPage, type StudioStage } from '../support/studioPage.ts'

let provider: Awaited<ReturnType<typeof startForeignProvider>>
let server: ServerProcess
let browser: Browser

beforeAll(async () => {
  provider = await startForeignProvider()
  server = await startServerProcess({ environment: provider.environment })
  browser = await launchBrowser()
}, 120_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
  await provider?.close()
})

const people = [
  { language: 'en' as const, locale: 'en-US', title: 'The lighthouse', said: 'the letter was still wet' },
  { language: 'zh' as const, locale: 'zh-CN', title: '灯塔', said: '信还是湿的' },
]

describe.each(people)('in $language', ({ language, locale, title, said }) => {
  let tab: OpenPage
  let studio: StudioPage
  const inEnglish = language === 'en'

  beforeAll(async () => {
    tab = await openPage(browser, server.url, { locale })
    studio = createStudioPage(tab.page)
    await studio.signUp()
  })
  afterAll(() => tab?.page.context().close())

  /** All stages of a project that was just made, to the end of the last, which is shown then. */
  async function runTo(last: StudioStage): Promise<void> {
    await studio.runRest({ pause: false })
    const projectId = /\/p\/([0-9a-f-]+)/.exec(tab.page.url())![1]!
    await expect.poll(() => studio.statusOf(projectId, last), { timeout: 20_000 }).toBe('done')
    await studio.openStage(last)
    await tab.page.waitForURL(new RegExp(`/${last}$`))
    await tab.shoot(`foreign-${language}-${last}`)
  }

  it('B45 a story is downloaded as words with their times', async () => {
    await studio.createProject(title)
    await runTo('camera')
    await studio.openStage('storyboard')
    const { bytes } = await studio.exportAs('version', inEnglish ? 'Subtitles' : '字幕')
    const cues = new SrtParser().fromSrt(bytes.toString('utf8'))
    expect(cues.map(({ startSeconds, endSeconds }) => [startSeconds, endSeconds])).toEqual([
      [0, 4],
      [4, 8],
      [8, 12],
    ])
    expect(cues[0]!.text).toContain(said)
  })

  it('B46 the same again is offered, and taken without a run', async () => {
    const projectId = await studio.createProject(title)
    await tab.page.getByTestId('cached').waitFor()
    await tab.shoot(`foreign-${language}-cached`)
    await tab.page.getByTestId('take-cached').click()
    await expect.poll(() => studio.statusOf(projectId, 'rewrite')).toBe('done')
    expect(await studio.currentText(projectId, 'rewrite')).toContain(said)
    expect(await studio.tasksOf(projectId)).toEqual([])
  })

  it('B45 a report is downloaded as a Word document', async () => {
    await studio.createProject(title, 'report')
    await runTo('report')
    const { bytes } = await studio.exportAs('version', inEnglish ? 'Word document' : 'Word 文档')
    const { value } = await mammoth.convertToHtml({ buffer: bytes })
    expect(value.match(/<h2>/g)).toHaveLength(2)
    expect(value).toContain(said)
  })

  it('B45 an app runs, and is downloaded as its files', async () => {
    const projectId = await studio.createProject(title, 'code')
    await runTo('generate')
    await tab.page.getByTestId('try').click()
    await expect.poll(() => tab.page.frameLocator('[data-testid=frame]').locator('#t').innerText()).toBe(title)
    const archive = unzipSync(
      (await studio.exportAs('version', inEnglish ? 'All files (ZIP)' : '全部文件 (ZIP)')).bytes,
    )
    expect(Object.keys(archive)).toEqual(['index.html', 'app.js'])
    expect(strFromU8(archive['app.js']!)).toContain(title)
    const [task] = await studio.tasksOf(projectId)
    expect(task).toMatchObject({ status: 'completed', qualityScore: 88 })
  })

  it('B45 a document comes back in the other language', async () => {
    await tab.page.goto('/new/document')
    const buffer = Buffer.from(inEnglish ? '# The letter\n\nIt is still wet.\n' : '# 信\n\n信还是湿的。\n')
    await tab.page.getByTestId('document-file').setInputFiles({ name: 'letter.md', mimeType: '', buffer })
    await tab.page.getByTestId('create-document').click()
    await tab.page.waitForURL(/\/extract/)
    await runTo('deliver')
    const [download]: [Download, void] = await Promise.all([
      tab.page.waitForEvent('download'),
      tab.page.getByTestId('download').click(),
    ])
    expect(download.suggestedFilename()).toBe(inEnglish ? 'letter.zh-CN.md' : 'letter.en.md')
    expect(await readFile(await download.path(), 'utf8')).toBe(
      inEnglish ? '# 译：The letter\n\n译：It is still wet.\n' : '# EN: 信\n\nEN: 信还是湿的。\n',
    )
    expect(tab.complaints()).toEqual([])
  })

  it('B47 everything is downloaded at once', async () => {
    await tab.page.getByRole('button', { name: inEnglish ? 'Account' : '账号' }).click()
    const [download] = await Promise.all([
      tab.page.waitForEvent('download'),
      tab.page.getByRole('menuitem', { name: inEnglish ? 'Download everything' : '下载全部内容' }).click(),
    ])
    const names = Object.keys(unzipSync(await readFile(await download.path())))
    expect(names.filter((name) => name.endsWith('/project.json'))).toHaveLength(5)
    expect(names.some((name) => name.includes('/files/original letter.md'))).toBe(true)
  })
})
