/** A story in a real browser, written by a provider that is not ours and set by the environment alone. */
import { LLMock } from '@copilotkit/aimock'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchBrowser, openPage, type OpenPage } from '../support/browser.ts'
import { startServerProcess, type ServerProcess } from '../support/serverProcess.ts'
import { createStudioPage, type StudioPage } from '../support/studioPage.ts'

const sentences = Array.from(
  { length: 24 },
  (_, index) =>
    `Paragraph ${index + 1}: 第${index + 1}夜，灯塔的光落在海上 — the letter was still wet, and nobody spoke of it 🌊.`,
)
const prose = sentences.join('\n\n')
const shots = {
  shots: Array.from({ length: 6 }, (_, index) => ({
    number: index + 1,
    visual: `The lamp room, angle ${index + 1}`,
    narration: `Line ${index + 1}.`,
    seconds: 4,
  })),
}
const moves = {
  moves: shots.shots.map(({ number }) => ({
    number,
    move: 'push',
    speed: 'slow',
    prompt: `Slowly towards the lamp, shot ${number}.`,
  })),
}

/** A finished text is fetched by the page: it is there a moment after its state. */
const patience = { timeout: 20_000 }

/** Milliseconds to the first token, then tokens a second. */
const pace = { streamingProfile: { ttft: 150, tps: 60 } }

let provider: LLMock
let server: ServerProcess
let browser: Browser
let tab: OpenPage
let studio: StudioPage

beforeAll(async () => {
  provider = new LLMock({ port: 0, latency: 0, chunkSize: 12 })
  provider.on({ systemMessage: /"moves"/ }, { content: JSON.stringify(moves) }, pace)
  provider.on({ systemMessage: /"shots"/ }, { content: JSON.stringify(shots) }, pace)
  provider.on({ predicate: () => true }, { content: prose }, pace)
  await provider.start()
  server = await startServerProcess({
    environment: { OPENAI_BASE_URL: `${provider.url}/v1`, OPENAI_API_KEY: 'mock-key', OPENAI_MODEL: 'mock-model' },
  })
  browser = await launchBrowser()
  tab = await openPage(browser, server.url)
  studio = createStudioPage(tab.page)
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.close()
  await provider?.stop()
})

describe('a story by a foreign provider', () => {
  let projectId: string

  it('B1 streams, survives a reload, and is there letter by letter', async () => {
    await studio.signUp()
    projectId = await studio.createProject('A lighthouse keeper finds a letter addressed to the sea.')
    await studio.act('generate')
    await tab.page.getByText('Paragraph 2:').waitFor()
    await tab.page.reload()
    await studio.waitFor('done')
    await expect.poll(() => studio.prose(), patience).toBe(prose)
    expect(await studio.currentText(projectId, 'rewrite')).toBe(prose)
  })

  it('B2 goes through the other stages by Run all, pausing after each to be looked at', async () => {
    await studio.runRest({ pause: true })
    await studio.openStage('storyboard')
    await studio.rows().nth(5).waitFor()
    await studio.waitFor('review')
    await studio.act('resume')
    await studio.openStage('camera')
    await studio.waitFor('done')
    expect(JSON.parse(await studio.currentText(projectId, 'storyboard'))).toEqual(shots)
    expect(JSON.parse(await studio.currentText(projectId, 'camera'))).toEqual(moves)
    await expect.poll(() => studio.rows().count(), patience).toBe(6)
  })

  it('B3 costs no complaint in the browser and no request to anybody else', () => {
    expect(tab.complaints()).toEqual([])
  })

  it('B4 was asked for with the key and the model of the environment', () => {
    const requests = provider.getRequests()
    expect(requests.length).toBe(3)
    for (const { body, headers } of requests) {
      expect((body as { model: string }).model).toBe('mock-model')
      expect(headers['authorization']).toBeDefined()
    }
  })
})
