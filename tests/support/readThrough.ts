import type { Transport } from '@stagewright/client'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { HeldStory } from './heldStory.ts'
import { createStudioPage, type StudioPage } from './studioPage.ts'
import { watchTransports, type TransportWatch } from './transportWatch.ts'

const transports: readonly Transport[] = ['sse', 'webSocket', 'polling']

export type StoryTab = { page: Page; studio: StudioPage; watch: TransportWatch; projectId: string }

/** A finished text is fetched by the page: it is there a moment after its state. */
const patience = { timeout: 20_000 }
/** Several tabs are opened at once, some of which find their way after two that are blocked. */
const openWithinMs = 60_000

/** A new person, in a new story. */
export async function openStoryTab(page: Page): Promise<StoryTab> {
  page.setDefaultTimeout(openWithinMs)
  const watch = await watchTransports(page)
  const studio = createStudioPage(page)
  await studio.signUp()
  const projectId = await studio.createProject('A lighthouse keeper finds a letter addressed to the sea.')
  return { page, studio, watch, projectId }
}

/**
 * Generates, sees the middle of the text while the provider holds it there, and at the end the very text it sent. Gives
 * the transports that carried it: those over which at least half of its bytes came meanwhile.
 */
export async function readThrough(
  { page, studio, watch, projectId }: StoryTab,
  story: HeldStory,
): Promise<Transport[]> {
  const before = transports.map(watch.received)
  const number = story.provider.exchanges.length + 1
  await studio.act('generate')
  await page.getByText(story.words.middle).waitFor()
  const exchange = await story.provider.exchange(number)
  expect(exchange.sentText).not.toContain(story.words.last)
  await expect.poll(() => studio.prose(), patience).toBe(exchange.sentText)
  story.goOn()
  await studio.waitFor('done')
  await expect.poll(() => studio.prose(), patience).toBe(exchange.sentText)
  expect(exchange.sentText).toContain(story.words.last)
  expect(await studio.currentText(projectId, 'rewrite')).toBe(exchange.sentText)
  const enough = Buffer.byteLength(exchange.sentText) / 2
  return transports.filter((transport, index) => watch.received(transport) - before[index]! >= enough)
}
