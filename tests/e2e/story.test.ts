/**
 * A story in a real browser, with a provider that waits at gates: what is seen in the middle of a text is seen while
 * the rest has not been sent. The provider's own log is the reference.
 */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createGate,
  startScriptedProvider,
  type Exchange,
  type Script,
  type ScriptedProvider,
} from '../../apps/server/src/providers/testing/index.ts'
import { launchBrowser, openPage, type OpenPage } from '../support/browser.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { createStudioPage, type StudioPage } from '../support/studioPage.ts'

type Row = Record<string, string | number>

const paragraphs = Array.from(
  { length: 12 },
  (_, index) => `Paragraph ${index + 1}: 第${index + 1}夜，灯塔的光落在海上 — nobody spoke of the letter 🌊.`,
)
const shot = (number: number): Row => ({
  number,
  visual: `The lamp room, angle ${number}`,
  narration: `Line ${number}.`,
  seconds: 4,
})
const move = (number: number): Row => ({
  number,
  move: '推',
  speed: 'slow',
  prompt: `Slowly towards the lamp, shot ${number}.`,
})

/** A finished text is fetched by the page: it is there a moment after its state. */
const patience = { timeout: 20_000 }

let gate = createGate()
let provider: ScriptedProvider
let server: ServerProcess
let browser: Browser
let tab: OpenPage
let studio: StudioPage

/** Sends the first pieces, waits at the gate, and sends the rest. */
function halves(pieces: readonly string[], before: number): Script {
  return async (exchange) => {
    await exchange.head()
    for (const piece of pieces.slice(0, before)) await exchange.text(piece)
    await Promise.race([gate.opened, exchange.closed])
    if (exchange.isClosed) return
    for (const piece of pieces.slice(before)) await exchange.text(piece)
    await end(exchange)
  }
}

async function end(exchange: Exchange): Promise<void> {
  await exchange.finish()
  await exchange.usage(10, 20)
  await exchange.done()
  await exchange.end()
}

const rowsJson = (key: string, rows: readonly Row[]): string[] =>
  rows.map(
    (row, index) =>
      `${index === 0 ? `{"${key}":[` : ','}${JSON.stringify(row)}${index === rows.length - 1 ? ']}' : ''}`,
  )

beforeAll(async () => {
  provider = await startScriptedProvider(
    halves(
      paragraphs.map((text, index) => (index === 0 ? text : `\n\n${text}`)),
      3,
    ),
  )
  const environment = { OPENAI_BASE_URL: provider.baseUrl, OPENAI_API_KEY: 'scripted-key', OPENAI_MODEL: 'scripted' }
  server = await startServerProcess({ environment })
  browser = await launchBrowser()
  tab = await openPage(browser, server.url)
  studio = createStudioPage(tab.page)
}, 120_000)

afterAll(async () => {
  gate.open()
  await browser?.close()
  await server?.close()
  await provider?.close()
})

describe('a story in the browser', () => {
  let projectId: string

  it('B6 is there again after a reload in the middle, goes on, and ends equal to what was sent, letter by letter', async () => {
    await studio.signUp()
    projectId = await studio.createProject('A lighthouse keeper finds a letter addressed to the sea.')
    await studio.act('generate')
    await tab.page.getByText('Paragraph 3:').waitFor()
    await studio.waitFor('streaming')
    await tab.page.reload()
    await studio.waitFor('streaming')
    await tab.page.getByText('Paragraph 3:').waitFor()
    await expect.poll(() => studio.prose(), patience).toBe(provider.exchanges[0]!.sentText)
    gate.open()
    await studio.waitFor('done')
    const { sentText } = await provider.exchange(1)
    await expect.poll(() => studio.prose(), patience).toBe(sentText)
    expect(sentText).toBe(paragraphs.join('\n\n'))
    expect(await studio.currentText(projectId, 'rewrite')).toBe(sentText)
  })

  it('B7 shows row 1 of the storyboard before the provider has sent row 3, and keeps the text when it is stopped', async () => {
    gate = createGate()
    provider.play(halves(rowsJson('shots', [1, 2, 3, 4].map(shot)), 2))
    await studio.openStage('storyboard')
    await studio.act('generate')
    await tab.page.getByText('The lamp room, angle 1').waitFor()
    const exchange = await provider.exchange(2)
    expect(exchange.sentText).not.toContain('angle 3')
    await studio.act('stop')
    await exchange.closed
    await studio.waitFor('stopped')
    expect(await studio.currentText(projectId, 'storyboard')).toBe(exchange.sentText)
    await tab.page.getByText('The lamp room, angle 2').waitFor()
    await tab.shoot('stopped')
  })

  it('B8 goes on while its tab is closed, and is whole when it is opened again', async () => {
    gate = createGate()
    provider.play(
      halves(rowsJson('shots', [1, 2, 3, 4].map(shot)), 2),
      halves(rowsJson('moves', [1, 2, 3, 4].map(move)), 4),
    )
    await studio.runRest({ pause: false })
    await tab.page.getByText('The lamp room, angle 1').waitFor()
    await studio.waitFor('streaming')
    const address = tab.page.url()
    const context = tab.page.context()
    await tab.page.close()
    gate.open()
    const page = await context.newPage()
    studio = createStudioPage(page)
    await page.goto(address)
    await studio.openStage('camera')
    await studio.waitFor('done')
    await expect.poll(() => studio.rows().count(), patience).toBe(4)
    expect(JSON.parse(await studio.currentText(projectId, 'storyboard'))).toEqual({ shots: [1, 2, 3, 4].map(shot) })
    expect(await studio.currentText(projectId, 'camera')).toBe((await provider.exchange(4)).sentText)
  })

  it('B32 is downloaded, the version shown and the whole of it, as files named after it', async () => {
    const title = 'A lighthouse keeper finds a letter addressed to the sea.'.replace(/\.$/, '')
    await studio.openStage('storyboard')
    const shots = await studio.exportAs('version', 'Data (JSON)')
    expect(shots.name).toBe(`${title}. Storyboard.json`)
    expect(JSON.parse(shots.bytes.toString())).toEqual({ shots: [1, 2, 3, 4].map(shot) })
    const whole = await studio.exportAs('project', 'Word document')
    expect(whole.name).toBe(`${title}.docx`)
    expect(whole.bytes.subarray(0, 2).toString()).toBe('PK')
  })

  it('B9 costs no complaint in the browser and no request to anybody else', () => {
    expect(tab.complaints()).toEqual([])
  })
})
