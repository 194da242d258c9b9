/** Documents translated in a real browser, from the upload to the file that is downloaded. */
import { readFile } from 'node:fs/promises'
import mammoth from 'mammoth'
import type { Browser, BrowserContextOptions } from 'playwright-core'
import SrtParser from 'srt-parser-2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findBarriers, overflow } from '../support/barriers.ts'
import { launchBrowser, openPage, type OpenPage } from '../support/browser.ts'
import { subtitles, wordDocument } from '../support/sampleDocuments.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { createStudioPage, type StudioPage } from '../support/studioPage.ts'
import { startTranslationProvider, translated, type TranslationProvider } from '../support/translationProvider.ts'

type Person = {
  name: string
  file: { name: string; content(): Promise<Buffer> }
  to: string
  glossary: string
  delivered: string
  options: BrowserContextOptions
}

const people: Person[] = [
  {
    name: 'english-foreign',
    file: { name: 'The letter.docx', content: () => wordDocument() },
    to: 'zh-CN',
    glossary: 'fog = 海雾',
    delivered: 'The letter.zh-CN.docx',
    options: { locale: 'en-US' },
  },
  {
    name: 'english-demo',
    file: { name: 'The letter.docx', content: () => wordDocument() },
    to: 'zh-CN',
    glossary: 'fog = 海雾',
    delivered: 'The letter.zh-CN.docx',
    options: { locale: 'en-US' },
  },
  {
    name: 'chinese-phone-dark-demo',
    file: { name: '写给大海的信.srt', content: async () => Buffer.from(subtitles) },
    to: 'en',
    glossary: '小岛 = Isle',
    delivered: '写给大海的信.en.srt',
    options: { locale: 'zh-CN', colorScheme: 'dark', viewport: { width: 375, height: 720 } },
  },
]

let provider: TranslationProvider
let browser: Browser

beforeAll(async () => {
  provider = await startTranslationProvider({ tokensPerSecond: 60 })
  browser = await launchBrowser()
}, 60_000)

afterAll(async () => {
  await browser?.close()
  await provider?.close()
})

const patience = { timeout: 20_000 }

describe.each(people)('a document by $name', ({ name, file, to, glossary, delivered, options }) => {
  const isForeign = name.endsWith('foreign')
  let server: ServerProcess
  let tab: OpenPage
  let studio: StudioPage
  let projectId: string

  beforeAll(async () => {
    server = await startServerProcess(isForeign ? { environment: provider.environment } : {})
    tab = await openPage(browser, server.url, options)
    studio = createStudioPage(tab.page)
    await studio.signUp()
  }, 60_000)
  afterAll(async () => {
    await tab?.page.context().close()
    await server?.close()
  })

  const byId = (id: string) => tab.page.getByTestId(id)
  const pairsOf = async () =>
    (JSON.parse(await studio.currentText(projectId, 'translate')) as { pairs: { source: string; target: string }[] })
      .pairs

  it('B41 is refused where it is none, with words, and uploaded where it is one', async () => {
    await tab.page.goto('/new/document')
    await byId('create-document').click()
    await expect.poll(() => tab.page.getByRole('alert').first().innerText(), patience).not.toBe('')
    const picture = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+M8AAAMBAQDJ/pLvAAAAAElFTkSuQmCC',
      'base64',
    )
    await byId('document-file').setInputFiles({ name: 'letter.docx', mimeType: '', buffer: picture })
    await byId('create-document').click()
    await byId('upload-failure').waitFor()
    await tab.shoot(`document-${name}-refused`)
    await byId('document-file').setInputFiles({ name: file.name, mimeType: '', buffer: await file.content() })
    await byId('to').selectOption(to)
    await byId('glossary').fill(glossary)
    expect(await findBarriers(tab.page)).toEqual([])
    expect(await overflow(tab.page)).toBe(0)
    await tab.shoot(`document-${name}-new`)
    await byId('create-document').click()
    await tab.page.waitForURL(/\/p\/[0-9a-f-]+\/extract/)
    projectId = /\/p\/([0-9a-f-]+)/.exec(tab.page.url())![1]!
  })

  it('B42 is taken apart into segments, one of which is put right', async () => {
    await studio.act('generate')
    await studio.waitFor('done')
    expect(await studio.rows().count()).toBeGreaterThan(2)
    await tab.shoot(`document-${name}-segments`)
    await byId('edit-segment').nth(1).click()
    const field = byId('segment-field')
    const text = await field.inputValue()
    await field.fill(`${text} (${to === 'en' ? '已更正' : 'corrected'})`)
    await byId('save-segment').click()
    await expect.poll(() => studio.currentText(projectId, 'extract'), patience).toMatch(/corrected|已更正/)
  })

  it('B43 is translated pair by pair; one is edited, one translated anew', async () => {
    await studio.act('next')
    await studio.act('generate')
    await byId('target').nth(1).waitFor()
    await tab.shoot(`document-${name}-streaming`)
    await studio.waitFor('done')
    const pairs = await pairsOf()
    if (isForeign)
      expect(
        pairs
          .filter(({ source }) => /\p{L}/u.test(source))
          .every(({ source, target }) => target === translated(source)),
      ).toBe(true)
    else if (to === 'en') expect(pairs[0]!.target).toMatch(/one letter/i)
    else expect(pairs.find(({ source }) => /fog/.test(source))!.target).toContain('海雾')
    await byId('edit-segment').first().click()
    await byId('segment-field').fill('Mine alone.')
    await byId('save-segment').click()
    await expect.poll(async () => (await pairsOf())[0]!.target, patience).toBe('Mine alone.')
    await byId('instruction').fill('more formal')
    await byId('rewrite-segment').first().click()
    await expect.poll(async () => (await pairsOf())[0]!.target, patience).not.toBe('Mine alone.')
    await studio.waitFor('done')
    expect((await pairsOf()).slice(1)).toEqual(pairs.slice(1))
    expect(await findBarriers(tab.page)).toEqual([])
    expect(await overflow(tab.page)).toBe(0)
    await tab.shoot(`document-${name}-pairs`)
  })

  it('B44 is delivered in its own format, and can be had again with its task', async () => {
    await studio.act('next')
    await studio.act('generate')
    await studio.waitFor('done')
    expect(await byId('delivered-name').innerText()).toBe(delivered)
    expect(await findBarriers(tab.page)).toEqual([])
    await tab.shoot(`document-${name}-delivered`)
    const [download] = await Promise.all([tab.page.waitForEvent('download'), byId('download').click()])
    expect(download.suggestedFilename()).toBe(delivered)
    const bytes = await readFile(await download.path())
    const pairs = await pairsOf()
    if (isForeign) {
      const { value: html } = await mammoth.convertToHtml({ buffer: bytes })
      expect(html).toMatch(/<h1>.*译：The letter<\/h1>/)
      expect(html).toContain('<strong>letter</strong>')
      expect(html).toMatch(/<li>译：He waits for the fog\.<\/li>/)
      expect(html).toMatch(/<td><p>译：Ships<\/p><\/td>/)
    } else if (to === 'zh-CN') {
      const { value: html } = await mammoth.convertToHtml({ buffer: bytes })
      expect(html).toMatch(/<h1>.*Mine alone\./)
      expect(html).toMatch(/<strong>信<\/strong>/)
      expect(html).toContain('海雾')
    } else {
      const cues = new SrtParser().fromSrt(bytes.toString('utf8'))
      expect(cues.map(({ startTime, endTime }) => [startTime, endTime])).toEqual(
        new SrtParser().fromSrt(subtitles).map(({ startTime, endTime }) => [startTime, endTime]),
      )
      expect(cues[2]!.text).toBe(pairs[2]!.target)
      expect(cues[2]!.text).toContain('Isle')
    }
    const [{ files } = {}] = await studio.tasksOf(projectId)
    expect(files).toEqual([{ id: expect.any(String), name: delivered }])
    expect(tab.complaints().filter((line) => !/415|Unsupported/.test(line))).toEqual([])
  })
})
